//! The system's allocator, counting what the thread at hand asks of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// Whether the next allocation is to be traced; unset while it is, since that allocates too.
    static TRACING: Cell<bool> = const { Cell::new(false) };
    static TRACES: RefCell<Vec<Backtrace>> = const { RefCell::new(Vec::new()) };
}

fn count() {
    // A thread that ends allocates too, when its variables are gone; it counts nothing then.
    if TRACING.try_with(|tracing| tracing.replace(false)) == Ok(true) {
        let trace = Backtrace::force_capture();
        TRACES.with_borrow_mut(|traces| traces.push(trace));
        TRACING.set(true);
    }
}

#[expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]
// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.realloc(block, layout, bytes) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The allocations and reallocations of this thread while `work` runs: for each our own functions
/// that it happens in, innermost first.
pub(crate) fn allocations(work: impl FnOnce()) -> Vec<String> {
    TRACING.set(true);
    work();
    TRACING.set(false);
    let traces = TRACES.take();
    traces
        .iter()
        .map(|trace| {
            let trace = trace.to_string();
            let lines: Vec<&str> = trace.lines().map(str::trim).collect();
            let ours = lines.windows(2).filter_map(|pair| match pair {
                [function, file] if file.contains("crates/vakt-") || file.contains(" ./src/") => {
                    let number = file.rsplit(':').nth(1).unwrap_or_default();
                    let function = function.split_once(": ").map_or(*function, |(_, f)| f);
                    (!function.contains("allocations::")).then(|| format!("{function}:{number}"))
                }
                _ => None,
            });
            ours.collect::<Vec<_>>().join(" < ")
        })
        .collect()
}
