//! Which fields a query asks about by name: some may be asked about by some people alone.

use std::collections::HashSet;

use vakt_event::alias::canonical;

use super::pipeline::{Function, Name, Pipeline, Stage};
use super::{Node, Query};

impl Query {
    /// Whether the query asks anything about the field `name`, which is canonical.
    pub fn names(&self, name: &str) -> bool {
        is_in(&self.root, name)
    }
}

impl Pipeline {
    /// Whether the answer depends on the field `name`, which is canonical, or shows it: anywhere but
    /// in `fields - name`. What is computed is taken for a field where it has its name.
    pub fn names(&self, name: &str) -> bool {
        self.query.names(name) || self.stages.iter().any(|stage| stage.names(name))
    }
}

impl Pipeline {
    /// The fields that the query asks for, canonical, without those that are to be absent: where no event has one of
    /// them, nothing is found. After them the fields by which it groups.
    pub fn fields_asked_for(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        collect(&self.query.root, &mut fields);
        for stage in &self.stages {
            match stage {
                Stage::Stats(stats) => fields.extend(canonicals(&stats.by)),
                Stage::Top(top) => fields.extend(canonicals(&top.fields)),
                Stage::Timechart(chart) => fields.extend(canonicals(chart.by.as_slice())),
                _ => {}
            }
        }
        let mut seen = HashSet::new();
        fields.retain(|field| seen.insert(*field));
        fields
    }
}

fn canonicals(names: &[Name]) -> impl Iterator<Item = &str> {
    names.iter().map(|name| name.canonical.as_str())
}

fn collect<'n>(node: &'n Node, fields: &mut Vec<&'n str>) {
    match node {
        Node::All | Node::Sent(_) | Node::SentRegex(_) | Node::Not(_) => {}
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| collect(part, fields)),
        Node::Field(field, _) => fields.push(field),
    }
}

impl Stage {
    fn names(&self, name: &str) -> bool {
        let is_named = |one: &Name| one.canonical == name || canonical(&one.shown) == name;
        let is_measured = |function: &Function| match function {
            Function::Count => false,
            Function::CountOf(one)
            | Function::Distinct(one)
            | Function::Sum(one)
            | Function::Average(one)
            | Function::Min(one)
            | Function::Max(one) => is_named(one),
        };
        match self {
            Self::Stats(stats) => {
                stats.by.iter().any(is_named)
                    || (stats.measures.iter()).any(|measure| is_measured(&measure.function))
            }
            Self::Timechart(chart) => {
                chart.by.as_ref().is_some_and(is_named)
                    || (chart.measures.iter()).any(|measure| is_measured(&measure.function))
            }
            Self::Top(top) => top.fields.iter().any(is_named),
            Self::Where(query) => query.names(name),
            Self::Sort(keys) => keys.iter().any(|key| is_named(&key.name)),
            Self::Fields(fields) => !fields.is_without && fields.names.iter().any(is_named),
            Self::Head(_) => false,
        }
    }
}

fn is_in(node: &Node, name: &str) -> bool {
    match node {
        Node::All | Node::Sent(_) | Node::SentRegex(_) => false,
        Node::Not(inner) => is_in(inner, name),
        Node::And(parts) | Node::Or(parts) => parts.iter().any(|part| is_in(part, name)),
        Node::Field(field, _) => field == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vakt_event::ecs::EVENT_ORIGINAL;

    #[test]
    fn fields_are_asked_for_where_they_are_to_be_there() {
        let query = "(User:a or host.name:b) User:c not d:e x=y f | stats count, sum(z) by Image, g | sort g";
        let pipeline = Pipeline::parse(query).unwrap();
        let expected = ["user.name", "host.name", "x", "process.executable", "g"];
        assert_eq!(pipeline.fields_asked_for(), expected);
    }

    #[test]
    fn a_field_is_found_wherever_a_query_names_it() {
        let check = |query: &str, expected: bool| {
            let pipeline =
                Pipeline::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
            assert_eq!(pipeline.names(EVENT_ORIGINAL), expected, "{query}");
        };
        for query in [
            "event.original:anna",
            "EventData or not (a and event.original:*an*)",
            "a -event.original:/x/",
            "event.original:(a or b)",
            "event.original:an?a",
            "event.original:*",
            "event.original:\"\"",
            "event.original!=a",
            "event.original>=a",
            "event.original:[a TO b]",
            "event.original=a",
            "event.original == a",
            "_exists_:event.original",
            "exists(event.original)",
            "exists event.original",
            "winlog.event_data.event.original:a",
            "Event.EventData.event.original:a",
            "* | where event.original:a",
            "* | stats count by event.original",
            "* | stats count by user.name, \"event.original\"",
            "* | stats dc(event.original)",
            "* | stats count(event.original) as c",
            "* | stats sum(event.original)",
            "* | stats avg(event.original)",
            "* | stats min(event.original)",
            "* | stats max(winlog.event_data.event.original)",
            "* | timechart 1h count by event.original",
            "* | timechart 1h max(event.original)",
            "* | top event.original",
            "* | rare 3 user.name, event.original",
            "* | sort event.original",
            "* | sort -user.name, -event.original",
            "* | fields event.original",
            "* | fields message, Event.EventData.event.original",
        ] {
            check(query, true);
        }
        for query in [
            "",
            "\"event.original\"",
            "event.originals:a",
            "original:a event:b",
            "url.original:a",
            "message:\"event.original:a\"",
            "* | fields - event.original",
            "* | stats count, dc(message) by user.name | sort -count | head 3",
        ] {
            check(query, false);
        }
    }
}
