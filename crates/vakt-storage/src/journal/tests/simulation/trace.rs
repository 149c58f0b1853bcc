//! What happened, for a person who looks for the fault.

use std::cell::RefCell;
use std::rc::Rc;

/// Nothing is written down, and so nothing formatted, unless it shall be shown.
#[derive(Clone, Default)]
pub(super) struct Trace(Option<Rc<RefCell<Vec<String>>>>);

impl Trace {
    pub(super) fn kept() -> Self {
        Self(Some(Rc::default()))
    }

    pub(super) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.0 {
            lines.borrow_mut().push(line());
        }
    }

    pub(super) fn text(&self) -> String {
        match &self.0 {
            Some(lines) => lines.borrow().join("\n"),
            None => String::new(),
        }
    }
}
