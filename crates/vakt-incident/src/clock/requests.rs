//! Reports that an authority asks for.

use vakt_event::Timestamp;

use super::Computed;
use super::track::{Instance, Met, Track};
use crate::fact::FactKind;
use crate::regime::Stage;

impl<'a> Track<'a> {
    /// A stage that every request of the authority asks for anew: a submission answers all
    /// requests before it, and the open request with the earliest date is the current one.
    pub(super) fn requests(&self, stage: &Stage, into: &mut Computed) {
        let mut requests: Vec<(Instance, Option<Met<'a>>)> = self
            .readings
            .iter()
            .filter(|it| it.fact.kind == FactKind::AuthorityRequest)
            .filter(|it| {
                it.fact
                    .regime
                    .as_ref()
                    .is_none_or(|id| *id == self.regime.id)
            })
            .map(|request| {
                let instance = Instance {
                    asked_for: request.due,
                    ..self.official(request.at, stage)
                };
                let answers = self.answers(&stage.name).filter(|met| met.at >= request.at);
                (instance, answers.min_by_key(|met| met.at))
            })
            .collect();
        let unasked = self.answers(&stage.name).min_by_key(|met| met.at);
        if let (true, Some(report)) = (requests.is_empty(), unasked) {
            // A report that nobody is recorded to have asked for.
            requests.push((self.official(report.at, stage), Some(report)));
        }
        requests.sort_by_key(|(instance, answer)| {
            let far = Timestamp::from(jiff::Timestamp::MAX);
            let open = answer.is_none_or(|met| !self.has_happened(met.at));
            let due = instance.asked_for.unwrap_or(far);
            (open, std::cmp::Reverse(due), instance.start)
        });
        let last = requests.len().saturating_sub(1);
        for (index, (instance, answer)) in requests.iter().enumerate() {
            let state = self.state(Some(instance), answer.map(|met| met.at), true);
            let note = stage.note.as_deref();
            let clock = self.clock(stage, Some(instance), state, *answer, note);
            if index == last {
                into.clocks.push(clock);
            } else {
                into.history.push(clock);
            }
        }
    }
}
