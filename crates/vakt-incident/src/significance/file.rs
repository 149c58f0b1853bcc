//! The data file of the thresholds: read, and checked for what the format alone cannot say.

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::condition::{Limit, Part};
use super::quantity::Quantity;
use super::{Criteria, CriteriaError, Criterion, EntityType, Input, InputKind};
use crate::data_file::Faults;

/// The data format that this version reads.
const SCHEMA: u32 = 1;

const EXPLAINED: &str = "the head of the data that is compiled in explains the keys";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<u32>,
    version: Spanned<String>,
    inputs: Vec<Spanned<Input>>,
    horizontal: Vec<Spanned<Criterion>>,
    general: Vec<Spanned<Criterion>>,
    entity_types: Vec<Spanned<EntityType>>,
}

pub(super) fn read(text: &str) -> Result<Criteria, CriteriaError> {
    let mut faults = Faults::new(text, EXPLAINED);
    let criteria = faults.read(text).map(|file| resolve(file, &mut faults));
    faults.unless_any(criteria).map_err(CriteriaError)
}

fn resolve(file: File, faults: &mut Faults<'_>) -> Criteria {
    faults.check_schema(&file.schema, SCHEMA);
    faults.check_version(&file.version);
    let inputs = inputs(file.inputs, faults);
    let mut ids = Vec::new();
    let mut check = |criteria: Vec<Spanned<Criterion>>, faults: &mut Faults<'_>| {
        let mut known = Vec::new();
        for one in criteria {
            check_criterion(&one.value, one.referenced, &inputs, &mut ids, faults);
            known.push(one.value);
        }
        known
    };
    let horizontal = check(file.horizontal, faults);
    let general = check(file.general, faults);
    let mut entity_types: Vec<EntityType> = Vec::new();
    for one in file.entity_types {
        if entity_types.iter().any(|known| known.id == one.value.id) {
            let message = format!("type {} is written twice", one.value.id);
            faults.add(
                one.referenced,
                message,
                "give it an id of its own, or remove one",
            );
        }
        for criterion in &one.value.criteria {
            check_criterion(criterion, one.referenced, &inputs, &mut ids, faults);
        }
        entity_types.push(one.value);
    }
    Criteria {
        version: file.version.value,
        hash: blake3::hash(faults.text().as_bytes()).to_hex().to_string(),
        inputs,
        horizontal,
        general,
        entity_types,
    }
}

fn inputs(written: Vec<Spanned<Input>>, faults: &mut Faults<'_>) -> Vec<Input> {
    let mut known: Vec<Input> = Vec::new();
    for one in written {
        if known.iter().any(|it| it.name == one.value.name) {
            let message = format!("input {} is written twice", one.value.name);
            faults.add(one.referenced, message, "keep one of them");
        }
        known.push(one.value);
    }
    known
}

fn check_criterion(
    criterion: &Criterion,
    place: Location,
    inputs: &[Input],
    ids: &mut Vec<String>,
    faults: &mut Faults<'_>,
) {
    if ids.contains(&criterion.id) {
        let message = format!("criterion {} is written twice", criterion.id);
        faults.add(place, message, "give it an id of its own, or remove one");
    }
    ids.push(criterion.id.clone());
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    for (name, is_yes_no) in criterion.when.inputs() {
        let Some(input) = inputs.iter().find(|input| input.name == name) else {
            let what = format!("input, which criterion {} refers to,", criterion.id);
            faults.unknown(place, &what, name, &names);
            continue;
        };
        if is_yes_no != (input.kind == InputKind::YesNo) {
            let message = format!("criterion {} takes {name} for what it is not", criterion.id);
            let help =
                "`is` asks yes or no; `more`, `less` and `at_most` compare numbers and durations";
            faults.add(place, message, help);
        }
    }
    let hundred: Quantity = "100".parse().unwrap_or(Quantity::ZERO);
    for comparison in criterion.when.comparisons() {
        let Limit::SmallerOf(limit) = &comparison.than else {
            continue;
        };
        let is_empty = limit.smaller_of.is_empty();
        let is_over = |part: &Part| matches!(part, Part::Share(share) if share.percent > hundred);
        if is_empty || limit.smaller_of.iter().any(is_over) {
            let message = format!("a limit of criterion {} is none", criterion.id);
            faults.add(
                place,
                message,
                "write limits under `smaller_of`, percentages up to 100",
            );
        }
    }
}
