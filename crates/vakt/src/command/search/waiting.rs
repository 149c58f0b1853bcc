//! What a person sees while a search takes its time.

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value as Json;

/// A bar on a terminal, drawn with the first word of the daemon on how far it is.
pub(super) struct Waiting {
    bar: Option<ProgressBar>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { bar: None }
    }

    pub(super) fn show(&mut self, progress: &Json) {
        let number = |name: &str| progress[name].as_u64().unwrap_or_default();
        let style = || {
            let style = ProgressStyle::with_template("{bar:20} {percent:>3}% {wide_msg}");
            style.unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        let bar = self
            .bar
            .get_or_insert_with(|| ProgressBar::new(1).with_style(style()));
        bar.set_length(number("of").max(1));
        bar.set_position(number("covered"));
        let (of, read) = (number("of"), number("read"));
        bar.set_message(match number("behind") {
            0 => format!("of {of} events, {read} read; --since or whole words make it quicker"),
            behind => format!("of {of} events, {read} read: the index is {behind} behind"),
        });
    }

    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
