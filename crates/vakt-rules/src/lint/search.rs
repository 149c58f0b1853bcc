//! Searches against each other, and the parts of one against each other.

use super::checks::*;
use super::cover::Judge;
use super::subject::{ItemLook, SearchLook, Subject};
use crate::ast::{Comparison, Detection, Test};
use crate::diagnostic::Report;
use crate::source::Span;

/// Members of a list of maps that are held against each other.
const MEMBERS_MAX: usize = 200;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    identical(subject, report);
    let judge = Judge::new(has_single_values(subject));
    for search in &subject.searches {
        contradiction(subject, search, &judge, report);
        members(search, report);
        maps(search, report);
    }
}

/// Whether the fields of such events have one value each. Records of clouds have lists.
pub(super) fn has_single_values(subject: &Subject<'_>) -> bool {
    let log_source = subject.log_source.as_ref();
    let product = log_source.and_then(|log_source| log_source.product.as_deref());
    let category = log_source.and_then(|log_source| log_source.category.as_deref());
    matches!(product, Some("windows" | "linux" | "macos"))
        || matches!(category, Some("proxy" | "webserver" | "firewall"))
}

pub(super) fn detection_of<'s>(subject: &'s Subject<'_>, name: &str) -> Option<&'s Detection> {
    let section = subject.section.as_ref()?;
    let search = section.searches.iter().find(|search| search.name == name)?;
    Some(&search.detection)
}

fn identical(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (at, search) in subject.searches.iter().enumerate() {
        let Some(detection) = detection_of(subject, &search.name) else {
            continue;
        };
        let earlier = subject.searches[..at]
            .iter()
            .find(|other| detection_of(subject, &other.name) == Some(detection));
        if let Some(earlier) = earlier {
            report.add(
                &SEARCH_IDENTICAL,
                &search.span,
                format!("`{}` asks for the same as `{}`", search.name, earlier.name),
                "mend the one that was copied, or use the other in its place",
            );
        }
    }
}

fn contradiction(
    subject: &Subject<'_>,
    search: &SearchLook,
    judge: &Judge,
    report: &mut Report<'_>,
) {
    if detection_of(subject, &search.name).is_some_and(|detection| judge.never(detection)) {
        report.add(
            &SEARCH_CONTRADICTION,
            &search.span,
            format!("no event can have all that `{}` asks for", search.name),
            "a map is AND: give alternatives as a list of values, or as a list of maps",
        );
    }
}

/// Maps of a list that say what another one says.
fn members(search: &SearchLook, report: &mut Report<'_>) {
    let members = &search.members;
    // Keywords are values; their check says it.
    let are_maps = members
        .iter()
        .any(|(_, member)| matches!(member, Detection::All(_)));
    if !are_maps || members.len() > MEMBERS_MAX {
        return;
    }
    let judge = Judge::new(false);
    for (at, (span, member)) in members.iter().enumerate() {
        let covered = members.iter().enumerate().any(|(other_at, (_, other))| {
            let implied = other_at != at && judge.implies(member, other);
            implied && (other_at < at || !judge.implies(other, member))
        });
        if covered {
            report.add(
                &MAP_DUPLICATE,
                span,
                "another map of the list holds wherever this one does",
                "remove it, or mend the field or value in which it was to differ",
            );
        }
    }
}

/// Items of one map.
fn maps(search: &SearchLook, report: &mut Report<'_>) {
    // The items of a map stand together.
    for items in search.items.chunk_by(|a, b| a.map == b.map) {
        for item in items {
            exists(item, items, report);
            itself(item, report);
        }
        range(items, report);
    }
}

fn exists(item: &ItemLook, items: &[ItemLook], report: &mut Report<'_>) {
    let asks = |item: &ItemLook| {
        item.values.iter().any(|value| {
            matches!(&value.detection, Detection::Is(is) if matches!(is.test, Test::Exists(true)))
        })
    };
    let has_value = |other: &ItemLook| {
        other.field == item.field
            && !other.chain.negated
            && !other.values.is_empty()
            && !super::truth::holds_for_nothing(&Detection::Any(
                other
                    .values
                    .iter()
                    .map(|value| value.detection.clone())
                    .collect(),
            ))
            && !asks(other)
    };
    if asks(item) && items.iter().any(has_value) {
        report.add(
            &EXISTS_REDUNDANT,
            &item.key_span,
            "a value is asked for, so that the field exists",
            "remove the item with `exists`",
        );
    }
}

fn itself(item: &ItemLook, report: &mut Report<'_>) {
    for value in &item.values {
        if let Detection::Is(predicate) = &value.detection
            && let Test::FieldRef { field, .. } = &predicate.test
            && predicate.field.as_ref() == Some(field)
        {
            report.add(
                &FIELDREF_SELF,
                &value.span,
                format!("`{field}` is compared with itself"),
                "name the other field",
            );
        }
    }
}

/// `lt` and `gt` of one field that leave nothing.
fn range(items: &[ItemLook], report: &mut Report<'_>) {
    for (at, item) in items.iter().enumerate() {
        let mut low: Option<f64> = None;
        let mut high: Option<f64> = None;
        let mut open = false;
        let mut last: &Span = &item.key_span;
        let same = |other: &&ItemLook| other.field == item.field && !other.chain.negated;
        if items[..at].iter().any(|earlier| same(&earlier)) || item.field.is_none() {
            continue;
        }
        for other in items.iter().filter(same) {
            let [value] = other.values.as_slice() else {
                continue;
            };
            let Detection::Is(predicate) = &value.detection else {
                continue;
            };
            let Test::Compare(comparison, limit) = predicate.test else {
                continue;
            };
            last = &other.key_span;
            match comparison {
                Comparison::Less | Comparison::LessOrEqual => {
                    high = Some(high.map_or(limit, |high: f64| high.min(limit)));
                }
                Comparison::Greater | Comparison::GreaterOrEqual => {
                    low = Some(low.map_or(limit, |low: f64| low.max(limit)));
                }
            }
            open |= matches!(comparison, Comparison::Less | Comparison::Greater);
        }
        if let (Some(low), Some(high)) = (low, high)
            && (low > high || (low >= high && open))
        {
            report.add(
                &RANGE_EMPTY,
                last,
                format!("no number is above {low} and below {high}"),
                "exchange the two bounds, or write two maps of a list where either is meant",
            );
        }
    }
}
