//! Which columns a command can name.

use vakt_event::{alias::canonical, ecs};

use crate::query::Node;
use crate::query::pipeline::{Measure, Name, Stage, TOP_COLUMNS};

/// The columns after the commands so far.
#[derive(Default)]
pub(super) struct Columns {
    are_of_groups: bool,
    /// None where any name may be one: fields of events, values that become columns of a chart.
    known: Option<Vec<Name>>,
}

/// A name that is no column.
pub(super) struct Unknown {
    pub(super) expected: String,
    pub(super) found: String,
}

impl Columns {
    pub(super) fn are_of_groups(&self) -> bool {
        self.are_of_groups
    }

    pub(super) fn after(&mut self, stage: &Stage) {
        let measured = |measures: &[Measure]| -> Vec<Name> {
            let columns = measures.iter().map(|measure| measure.column.as_str());
            columns.map(name_of).collect()
        };
        match stage {
            Stage::Stats(stats) => {
                self.become_groups(stats.by.iter().cloned(), measured(&stats.measures));
            }
            Stage::Top(top) => {
                self.become_groups(top.fields.iter().cloned(), TOP_COLUMNS.map(name_of).into())
            }
            Stage::Timechart(chart) if chart.by.is_none() => {
                self.become_groups([name_of(ecs::TIMESTAMP)], measured(&chart.measures));
            }
            Stage::Timechart(_) => self.are_of_groups = true,
            Stage::Fields(fields) => {
                if let Some(known) = &mut self.known {
                    known.retain(|column| {
                        fields.names.iter().any(|name| name == column) != fields.is_without
                    });
                }
            }
            Stage::Where(_) | Stage::Sort(_) | Stage::Head(_) => {}
        }
    }

    fn become_groups(&mut self, keys: impl IntoIterator<Item = Name>, measures: Vec<Name>) {
        self.are_of_groups = true;
        self.known = Some(keys.into_iter().chain(measures).collect());
    }

    /// The column that `name` means.
    pub(super) fn find(&self, name: Name) -> Result<Name, Unknown> {
        let Some(known) = &self.known else {
            return Ok(name);
        };
        let by_text = known.iter().find(|column| column.shown == name.shown);
        let found = by_text.or_else(|| {
            known
                .iter()
                .find(|column| column.canonical == name.canonical)
        });
        found.cloned().ok_or_else(|| self.unknown(&name.shown))
    }

    /// The columns whose names are no names of fields: `sum(x)`.
    pub(super) fn computed(&self) -> Vec<String> {
        let known = self.known.iter().flatten();
        known
            .filter(|column| column.shown.contains('('))
            .map(|column| column.shown.clone())
            .collect()
    }

    /// Whether a condition names columns only.
    pub(super) fn check_condition(&self, node: &Node) -> Result<(), Unknown> {
        match (node, &self.known) {
            (Node::Field(name, _), Some(known)) => {
                if known.iter().any(|column| column.canonical == *name) {
                    Ok(())
                } else {
                    Err(self.unknown(name))
                }
            }
            (Node::Not(inner), _) => self.check_condition(inner),
            (Node::And(parts) | Node::Or(parts), _) => {
                parts.iter().try_for_each(|part| self.check_condition(part))
            }
            _ => Ok(()),
        }
    }

    fn unknown(&self, name: &str) -> Unknown {
        let known = self.known.as_deref().unwrap_or_default();
        let shown: Vec<&str> = known.iter().map(|column| column.shown.as_str()).collect();
        Unknown {
            expected: format!("one of the columns {}", shown.join(", ")),
            found: format!("`{name}`"),
        }
    }
}

fn name_of(column: &str) -> Name {
    Name {
        shown: column.to_owned(),
        canonical: canonical(column).to_owned(),
    }
}
