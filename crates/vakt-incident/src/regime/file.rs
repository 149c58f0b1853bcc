//! The data file of the regimes: read, resolved, and checked for what the format alone cannot say.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::{
    Anchor, Contact, Contract, Label, Language, Notice, Period, Regime, RegimeError, Regimes,
    Shift, Stage, Start, Targets, Verification, field_name,
};
use crate::calendar::zone;
use crate::data_file::Faults;
use crate::form::Caution;
use crate::holidays::DaysOff;
use crate::suggest::nearest;

/// The data format that this version reads.
const SCHEMA: u32 = 1;

const EXPLAINED: &str =
    "the head of the data that is compiled in explains the keys: `vakt incidents regimes`";

/// Regimes of one file; Europe has fewer authorities for each duty.
const REGIMES_MAX: usize = 500;

/// Hours, days or months of one period: far beyond any law, far below what dates can hold.
const PERIOD_MAX: u32 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<u32>,
    version: Spanned<String>,
    calendars: Vec<Spanned<DaysOff>>,
    targets: Targets,
    #[serde(default)]
    labels: Vec<Spanned<Label>>,
    regimes: Vec<Spanned<Entry>>,
    #[serde(default)]
    contracts: Vec<Spanned<Contract>>,
}

/// A regime as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    /// Another regime before it, whose stages and local rules hold where none are written here.
    #[serde(default)]
    like: Option<String>,
    #[serde(default)]
    family: Option<String>,
    #[serde(default)]
    zone: Option<Spanned<String>>,
    #[serde(default)]
    language: Option<Language>,
    #[serde(default)]
    days_off: Option<Spanned<String>>,
    #[serde(default)]
    anchor: Option<Anchor>,
    #[serde(default)]
    shift: Option<Shift>,
    #[serde(default, deserialize_with = "date_or_none")]
    applies_from: Option<Date>,
    #[serde(default, deserialize_with = "date_or_none")]
    applies_until: Option<Date>,
    #[serde(default)]
    displaces: Option<String>,
    citation: String,
    verification: Verification,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    cautions: Vec<Caution>,
    #[serde(default)]
    contacts: Vec<Contact>,
    #[serde(default)]
    notices: Vec<Spanned<Notice>>,
    /// Stages; with `like`, those that differ, each whole.
    #[serde(default)]
    stages: Vec<Spanned<Stage>>,
}

pub(super) fn read(text: &str) -> Result<Regimes, RegimeError> {
    let mut faults = Faults::new(text, EXPLAINED);
    let regimes = faults.read(text).map(|file| resolve(file, &mut faults));
    faults.unless_any(regimes).map_err(RegimeError::Data)
}

fn resolve(file: File, faults: &mut Faults<'_>) -> Regimes {
    faults.check_schema(&file.schema, SCHEMA);
    faults.check_version(&file.version);
    if file.regimes.len() > REGIMES_MAX {
        faults.add(
            file.version.referenced,
            format!(
                "{} regimes are written; {REGIMES_MAX} is the most",
                file.regimes.len()
            ),
            "remove regimes that nobody uses",
        );
    }
    let days_off = calendars(file.calendars, faults);
    let labels = labels(file.labels, faults);
    let mut regimes: Vec<Regime> = Vec::new();
    for entry in file.regimes {
        let place = entry.referenced;
        for stage in &entry.value.stages {
            let (name, fields) = (&stage.value.name, &stage.value.fields);
            check_fields(name, fields, stage.referenced, &labels, faults);
        }
        for notice in &entry.value.notices {
            let (name, fields) = (&notice.value.name, &notice.value.fields);
            check_fields(name, fields, notice.referenced, &labels, faults);
        }
        if regimes.iter().any(|known| known.id == entry.value.id) {
            let message = format!("regime {} is written twice", entry.value.id);
            faults.add(place, message, "give it an id of its own, or remove one");
            continue;
        }
        if let Some(regime) = regime(entry.value, place, &regimes, &days_off, faults) {
            regimes.push(regime);
        }
    }
    let contracts = contracts(file.contracts, &regimes, faults);
    Regimes {
        version: file.version.value,
        hash: blake3::hash(faults.text().as_bytes()).to_hex().to_string(),
        text: faults.text().to_owned(),
        regimes,
        targets: file.targets,
        contracts,
        labels,
        days_off,
    }
}

fn labels(written: Vec<Spanned<Label>>, faults: &mut Faults<'_>) -> Vec<Label> {
    let mut known: Vec<Label> = Vec::new();
    for Spanned {
        value: label,
        referenced: place,
        ..
    } in written
    {
        if known.iter().any(|it| it.field == label.field) {
            let message = format!("field {} has a second label", label.field);
            faults.add(place, message, "keep one of them");
        }
        known.push(label);
    }
    known
}

/// People see a field by its words: each has some.
fn check_fields(
    form: &str,
    fields: &[String],
    place: Location,
    labels: &[Label],
    faults: &mut Faults<'_>,
) {
    for written in fields {
        let (name, _) = field_name(written);
        if labels.iter().any(|label| label.field == name) {
            continue;
        }
        let message = format!("field {name} of stage {form} has no label");
        let known: Vec<&str> = labels.iter().map(|label| label.field.as_str()).collect();
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{{field: {name}, sv: …, en: …}}` under `labels`"),
        };
        faults.add(place, message, &help);
    }
}

fn calendars(written: Vec<Spanned<DaysOff>>, faults: &mut Faults<'_>) -> Vec<Arc<DaysOff>> {
    let mut known: Vec<Arc<DaysOff>> = Vec::new();
    for Spanned {
        value: mut calendar,
        referenced: place,
        ..
    } in written
    {
        if let Some(like) = &calendar.like {
            match known.iter().find(|it| it.id == *like).cloned() {
                Some(other) => calendar.extend(&other),
                None => faults.unknown(place, "calendar before it", like, &ids(&known)),
            }
        }
        if let Some(moving) = calendar.moving.iter().find(|it| it.first > it.last) {
            let message = format!("{} comes after {}", moving.first, moving.last);
            faults.add(
                place,
                message,
                "write `first` before `last`, within one year",
            );
        }
        if known.iter().any(|it| it.id == calendar.id) {
            let message = format!("calendar {} is written twice", calendar.id);
            faults.add(place, message, "give it an id of its own, or remove one");
        }
        known.push(Arc::new(calendar));
    }
    known
}

fn ids(calendars: &[Arc<DaysOff>]) -> Vec<&str> {
    calendars.iter().map(|it| it.id.as_str()).collect()
}

fn regime(
    entry: Entry,
    place: Location,
    before: &[Regime],
    calendars: &[Arc<DaysOff>],
    faults: &mut Faults<'_>,
) -> Option<Regime> {
    let names: Vec<&str> = before.iter().map(|it| it.id.as_str()).collect();
    let like = match &entry.like {
        None => None,
        Some(id) => {
            let found = before.iter().find(|it| it.id == *id);
            if found.is_none() {
                faults.unknown(place, "regime before it", id, &names);
                return None;
            }
            found
        }
    };
    let zone = zone_name(&entry, place, like, faults)?;
    let days_off = days_off(&entry, place, like, calendars, faults)?;
    if entry
        .shift
        .is_some_and(|shift| !(0..24).contains(&shift.until_hour))
    {
        let message = format!("the shift of regime {} ends at no hour of a day", entry.id);
        faults.add(place, message, "write `until_hour: 12` for noon, 0 to 23");
        return None;
    }
    let stages = stages(&entry, place, like, faults);
    let notices = notices(&entry, like, &stages, faults);
    if let (Some(from), Some(until)) = (entry.applies_from, entry.applies_until)
        && from >= until
    {
        let message = format!("regime {} ends on {until}, before it begins", entry.id);
        faults.add(place, message, "write `applies_until` after `applies_from`");
    }
    Some(Regime {
        family: entry
            .family
            .or_else(|| like.map(|like| like.family.clone()))
            .unwrap_or_else(|| entry.id.clone()),
        id: entry.id,
        name: entry.name,
        zone,
        language: entry
            .language
            .or(like.map(|like| like.language))
            .unwrap_or_default(),
        days_off,
        anchor: entry
            .anchor
            .or(like.map(|like| like.anchor))
            .unwrap_or_default(),
        shift: entry.shift.or(like.and_then(|like| like.shift)),
        applies_from: entry.applies_from,
        applies_until: entry.applies_until,
        displaces: entry.displaces,
        citation: entry.citation,
        verification: entry.verification,
        note: entry.note,
        cautions: entry.cautions,
        contacts: entry.contacts,
        notices,
        stages,
    })
}

/// The zone that is written, else that of the regime that it is like.
fn zone_name(
    entry: &Entry,
    place: Location,
    like: Option<&Regime>,
    faults: &mut Faults<'_>,
) -> Option<String> {
    let Some(written) = &entry.zone else {
        if like.is_none() {
            faults.missing(place, &entry.id, "zone");
        }
        return like.map(|like| like.zone.clone());
    };
    if zone(&written.value).is_none() {
        let message = format!("no time zone is called {}", written.value);
        let help = "write a name of the IANA database, such as Europe/Stockholm";
        faults.add(written.referenced, message, help);
    }
    Some(written.value.clone())
}

/// The calendar that is written, else that of the regime that it is like.
fn days_off(
    entry: &Entry,
    place: Location,
    like: Option<&Regime>,
    calendars: &[Arc<DaysOff>],
    faults: &mut Faults<'_>,
) -> Option<Arc<DaysOff>> {
    let Some(written) = &entry.days_off else {
        if like.is_none() {
            faults.missing(place, &entry.id, "days_off");
        }
        return like.map(|like| Arc::clone(&like.days_off));
    };
    let found = calendars.iter().find(|it| it.id == written.value);
    if found.is_none() {
        let place = written.referenced;
        faults.unknown(place, "calendar", &written.value, &ids(calendars));
    }
    found.cloned()
}

/// The stages of the regime that it is like, with those that are written here in their places.
fn stages(
    entry: &Entry,
    place: Location,
    like: Option<&Regime>,
    faults: &mut Faults<'_>,
) -> Vec<Stage> {
    let mut stages = like.map(|like| like.stages.clone()).unwrap_or_default();
    let mut written: Vec<&str> = Vec::new();
    for Spanned {
        value: stage,
        referenced,
        ..
    } in &entry.stages
    {
        if written.contains(&stage.name.as_str()) {
            let message = format!("stage {} is written twice", stage.name);
            faults.add(*referenced, message, "one stage is one report: remove one");
        }
        written.push(&stage.name);
        match stages.iter_mut().find(|it| it.name == stage.name) {
            Some(own) => *own = stage.clone(),
            None => stages.push(stage.clone()),
        }
    }
    if stages.is_empty() {
        let message = format!("regime {} has no stage", entry.id);
        faults.add(
            place,
            message,
            "add `stages:`, or `like:` with the id of a regime before it",
        );
    }
    let names: Vec<String> = stages.iter().map(|stage| stage.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Those of the other regime were looked at there.
    for stage in &entry.stages {
        check_stage(&stage.value, stage.referenced, &names, faults);
    }
    stages
}

/// As [`stages`], of the notices. A name is a stage's or a notice's.
fn notices(
    entry: &Entry,
    like: Option<&Regime>,
    stages: &[Stage],
    faults: &mut Faults<'_>,
) -> Vec<Notice> {
    let mut notices = like.map(|like| like.notices.clone()).unwrap_or_default();
    for Spanned {
        value: notice,
        referenced: place,
        ..
    } in &entry.notices
    {
        if stages.iter().any(|stage| stage.name == notice.name) {
            let message = format!("notice {} has the name of a stage", notice.name);
            faults.add(*place, message, "give it a name of its own");
        }
        match notices.iter_mut().find(|it| it.name == notice.name) {
            Some(own) => *own = notice.clone(),
            None => notices.push(notice.clone()),
        }
    }
    notices
}

fn check_stage(stage: &Stage, place: Location, names: &[&str], faults: &mut Faults<'_>) {
    let mut reports: Vec<&str> = stage.also_met_by.iter().map(String::as_str).collect();
    if let Start::Submitted(report) = &stage.start {
        reports.push(report);
    }
    if let Some(successor) = &stage.successor {
        reports.push(&successor.report);
        if let Start::Submitted(_) = successor.start {
            let message = format!("the successor of stage {} starts from a report", stage.name);
            faults.add(place, message, "write a fact, such as `start: handled`");
        }
    }
    if let Some(Start::Submitted(_)) = stage.or_within.as_ref().map(|limit| &limit.start) {
        let message = format!(
            "the second limit of stage {} starts from a report",
            stage.name
        );
        faults.add(place, message, "write a fact, such as `start: classified`");
    }
    for missing in reports.into_iter().filter(|name| !names.contains(name)) {
        let what = format!(
            "report in the regime, which stage {} refers to,",
            stage.name
        );
        faults.unknown(place, &what, missing, names);
    }
    let periods = std::iter::once(stage.within)
        .chain(stage.changes.iter().map(|change| change.within))
        .chain(stage.or_within.iter().map(|limit| limit.within));
    for period in periods {
        check_period(period, place, faults);
    }
    let is_in_order = stage.changes.is_sorted_by(|a, b| a.from < b.from);
    if !is_in_order {
        let message = format!("the changes of stage {} are out of order", stage.name);
        faults.add(
            place,
            message,
            "write them by their `from`, the oldest first, each day once",
        );
    }
}

fn check_period(period: Period, place: Location, faults: &mut Faults<'_>) {
    let (Period::Hours(number)
    | Period::Days(number)
    | Period::WorkingDays(number)
    | Period::Months(number)) = period
    else {
        return;
    };
    if !(1..=PERIOD_MAX).contains(&number) {
        let help = format!("write 1 to {PERIOD_MAX}, or `undue_delay` where the law has no number");
        faults.add(place, format!("a period of {period} is none"), &help);
    }
}

fn contracts(
    written: Vec<Spanned<Contract>>,
    regimes: &[Regime],
    faults: &mut Faults<'_>,
) -> Vec<Contract> {
    let takes = |regime: &&Regime| regime.stages.iter().any(|stage| stage.each_customer);
    let names: Vec<&str> = regimes
        .iter()
        .filter(takes)
        .map(|it| it.id.as_str())
        .collect();
    let mut known: Vec<Contract> = Vec::new();
    for Spanned {
        value: contract,
        referenced: place,
        ..
    } in written
    {
        if !names.contains(&contract.regime.as_str()) {
            faults.unknown(
                place,
                "regime with notices to customers",
                &contract.regime,
                &names,
            );
        }
        if let Some(Start::Submitted(_)) = &contract.start {
            let message = "a contract counts from a fact, not from a report".to_owned();
            faults.add(
                place,
                message,
                "write `start: aware`, `aware_pdb` or `detected`",
            );
        }
        check_period(contract.within, place, faults);
        let is_second = |it: &Contract| it.party == contract.party && it.regime == contract.regime;
        if known.iter().any(is_second) {
            let message = format!(
                "{} has a second contract for {}",
                contract.party, contract.regime
            );
            faults.add(place, message, "keep the shorter one");
        }
        known.push(contract);
    }
    known
}

pub(super) fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is no date: write YYYY-MM-DD in quotes"))
    })
}

fn date_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Date>, D::Error> {
    date(deserializer).map(Some)
}
