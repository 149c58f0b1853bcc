//! CPU time of this thread, and the median of rounds.

use rustix::time::{ClockId, clock_gettime};

/// Seconds that this thread has worked: waiting for a busy machine does not count.
fn cpu_seconds() -> f64 {
    seconds_of(ClockId::ThreadCPUTime)
}

/// Seconds that all threads of this process have worked.
pub fn process_cpu_seconds() -> f64 {
    seconds_of(ClockId::ProcessCPUTime)
}

fn seconds_of(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    #[expect(clippy::cast_precision_loss, reason = "seconds of a benchmark")]
    let (seconds, nanoseconds) = (time.tv_sec as f64, time.tv_nsec as f64);
    seconds + nanoseconds / 1e9
}

/// The CPU seconds that the work takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = cpu_seconds();
    let outcome = work();
    (cpu_seconds() - before, outcome)
}

pub fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
