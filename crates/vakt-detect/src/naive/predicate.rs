//! One test of one value.

use vakt_event::{Event, Origin, Value};
use vakt_rules::ast::{Comparison, Pattern, Predicate, Relation, Test, Token};

use super::{ORIGINAL, Prepared};
use crate::{address, date, fold, wildcard};

/// The names and texts of the values that pass a predicate. `exists: true` is passed by every
/// value; what holds for want of a value (`null`, `exists: false`) has none to show.
pub(super) fn passing_values<'e>(
    prepared: &'e Prepared,
    predicate: &'e Predicate,
    event: &'e Event<'_>,
) -> Box<dyn Iterator<Item = (&'e str, &'e str)> + 'e> {
    let passes = move |value: &Value<'_>| passes(prepared, &predicate.test, value, event);
    match &predicate.field {
        Some(field) => Box::new(
            event
                .values(field)
                .filter(move |value| passes(value))
                .map(move |value| (field.as_str(), value.text())),
        ),
        None => {
            let original = Value::Str(event.original.as_ref().into());
            let in_original = (!event.structured && passes(&original))
                .then_some((ORIGINAL, event.original.as_ref()));
            Box::new(
                event
                    .fields
                    .iter()
                    .filter(|field| field.origin == Origin::Sent)
                    .filter(move |field| passes(&field.value))
                    .map(|field| (field.name.as_ref(), field.value.text()))
                    .chain(in_original),
            )
        }
    }
}

/// Whether a value of the event passes a test.
pub(crate) fn passes(
    prepared: &Prepared,
    test: &Test,
    value: &Value<'_>,
    event: &Event<'_>,
) -> bool {
    if let Test::Exists(wanted) = test {
        return *wanted;
    }
    if value.is_null() {
        return false;
    }
    let text = value.text();
    match test {
        Test::Null | Test::Exists(_) => false,
        Test::Text(pattern) => {
            wildcard::matches(pattern, text)
                || (is_whole(pattern) && !pattern.cased)
                    && (value.shortest_number())
                        .is_some_and(|number| wildcard::matches(pattern, &number))
        }
        Test::Regex(source) => prepared
            .regex(source)
            .is_some_and(|regex| regex.is_match(text)),
        Test::Cidr(net) => {
            address::parse(text).is_some_and(|address| address::contains(*net, address))
        }
        Test::Compare(comparison, limit) => value
            .as_f64()
            .is_some_and(|number| compare(*comparison, number, *limit)),
        Test::FieldRef {
            field,
            relation,
            cased,
        } => event
            .values(field)
            .filter(|other| !other.is_null())
            .any(|other| relates(*relation, value, other, *cased)),
        Test::TimePart(part, wanted) => date::part(text, *part) == Some(*wanted),
    }
}

/// Whether the pattern describes a whole value, character by character.
fn is_whole(pattern: &Pattern) -> bool {
    !(pattern.tokens.iter()).any(|token| matches!(token, Token::Many | Token::One))
}

/// `number` against the limit that the rule gives.
pub(crate) fn compare(comparison: Comparison, number: f64, limit: f64) -> bool {
    match comparison {
        Comparison::Less => number < limit,
        Comparison::LessOrEqual => number <= limit,
        Comparison::Greater => number > limit,
        Comparison::GreaterOrEqual => number >= limit,
    }
}

/// Whether `value` equals, contains, starts or ends with `other`; neither is null.
fn relates(relation: Relation, value: &Value<'_>, other: &Value<'_>, cased: bool) -> bool {
    if relation == Relation::Equals
        && let (Value::Number(a), Value::Number(b)) = (value, other)
    {
        let shortest = |value: &Value<'_>| value.shortest_number();
        return shortest(value).as_deref().unwrap_or(a) == shortest(other).as_deref().unwrap_or(b);
    }
    let folded = |text: &str| match cased {
        true => text.to_owned(),
        false => fold::folded(text),
    };
    let (text, other) = (folded(value.text()), folded(other.text()));
    match relation {
        Relation::Equals => text == other,
        Relation::Contains => text.contains(&other),
        Relation::StartsWith => text.starts_with(&other),
        Relation::EndsWith => text.ends_with(&other),
    }
}
