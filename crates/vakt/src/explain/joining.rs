//! Records that were sent one by one and belong together.

use vakt_codec::Coalescer;
use vakt_event::Event;

use crate::pipeline::detector::is_joinable;

/// Records that belong together, joined as detection joins them.
#[derive(Default)]
pub(crate) struct Joining(Option<Coalescer>);

impl Joining {
    pub(crate) fn take(&mut self, event: &Event<'_>) -> Option<Event<'static>> {
        if !is_joinable(event) {
            return None;
        }
        // Which records an execution consists of is of no matter here.
        self.0
            .get_or_insert_with(Coalescer::new)
            .push("explain", 0, event)
            .map(|joined| joined.event)
    }

    pub(crate) fn finish(self) -> Vec<Event<'static>> {
        let open = self.0.map(|mut open| open.finish()).unwrap_or_default();
        open.into_iter().map(|joined| joined.event).collect()
    }
}
