//! Readings of this process under the names that Prometheus' own clients give them, from `/proc`
//! (proc_pid_status(5), proc_pid_limits(5)).

use std::fs;

use anyhow::Result;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, Registry};
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

/// Registers the readings; where there is no `/proc`, they stay at 0.
pub(crate) fn register(registry: &Registry, started: Timestamp) -> Result<()> {
    let start_time = Gauge::new(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970.",
    )?;
    start_time.set(started.micros() as f64 / MICROS_PER_SECOND as f64);
    registry.register(Box::new(start_time))?;
    registry.register(Box::new(Process {
        resident: Gauge::new(
            "process_resident_memory_bytes",
            "Bytes of the process that are in memory.",
        )?,
        virtual_size: Gauge::new(
            "process_virtual_memory_bytes",
            "Bytes of the process's address space.",
        )?,
        open_files: Gauge::new("process_open_fds", "File descriptors that are open.")?,
        files_max: Gauge::new("process_max_fds", "File descriptors that may be open.")?,
        threads: Gauge::new("process_threads", "Threads of the process.")?,
    }))?;
    Ok(())
}

struct Process {
    resident: Gauge,
    virtual_size: Gauge,
    open_files: Gauge,
    files_max: Gauge,
    threads: Gauge,
}

impl Process {
    fn gauges(&self) -> [&Gauge; 5] {
        [
            &self.resident,
            &self.virtual_size,
            &self.open_files,
            &self.files_max,
            &self.threads,
        ]
    }

    fn look(&self) {
        if let Ok(status) = fs::read_to_string("/proc/self/status") {
            let kibibytes = |name| number_after(&status, name).map(|number| number * 1024.0);
            self.resident.set(kibibytes("VmRSS:").unwrap_or(0.0));
            self.virtual_size.set(kibibytes("VmSize:").unwrap_or(0.0));
            self.threads
                .set(number_after(&status, "Threads:").unwrap_or(0.0));
        }
        if let Ok(limits) = fs::read_to_string("/proc/self/limits") {
            self.files_max
                .set(number_after(&limits, "Max open files").unwrap_or(0.0));
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // One of them is this look.
            let open = u32::try_from(files.count()).unwrap_or(u32::MAX);
            self.open_files.set(f64::from(open.saturating_sub(1)));
        }
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges()
            .iter()
            .flat_map(|gauge| gauge.desc())
            .collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.look();
        self.gauges()
            .iter()
            .flat_map(|gauge| gauge.collect())
            .collect()
    }
}

/// The number behind a name at the beginning of a line.
fn number_after(text: &str, name: &str) -> Option<f64> {
    let mut lines = text.lines();
    let rest = lines.find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_files() {
        let registry = Registry::new();
        register(&registry, Timestamp::from_seconds(1_800_000_000).unwrap()).unwrap();
        for family in registry.gather() {
            let value = family.get_metric()[0].get_gauge().get_value();
            assert!(value >= 1.0, "{}: {value}", family.name());
        }
        assert_eq!(registry.gather().len(), 6);
    }
}
