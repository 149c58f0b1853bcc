//! Reporting regimes as dated data: which report is due, counted from which fact.
//!
//! The embedded data is `data/clocks.yaml`, whose head explains every key; `regime/file.rs` reads
//! such a file and says what is wrong with it at its line. Nothing here computes; [`crate::clock`]
//! does.

mod fault;
mod file;
mod form_spec;
mod label;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use serde::Deserialize;

use crate::fact::FactKind;
use crate::form::Caution;
use crate::holidays::DaysOff;
use crate::suggest::nearest;

pub use crate::data_file::DataFault;
pub use fault::RegimeError;
pub use form_spec::{Addressee, Contact, FormSpec, Notice};
pub use label::{Label, Language, field_name};

/// The regime of an incident where nothing is configured.
pub const DEFAULT_REGIME: &str = "nis2-se";

/// All regimes of one data file.
#[derive(Clone, Debug)]
pub struct Regimes {
    /// The version of the data, shown with every deadline that was computed from it.
    pub version: String,
    /// BLAKE3 of the file, hexadecimal: two files of one version are two versions.
    pub hash: String,
    /// The file itself.
    pub text: String,
    pub regimes: Vec<Regime>,
    pub targets: Targets,
    /// What customers were promised, each customer at most once for a regime.
    pub contracts: Vec<Contract>,
    /// The words of the forms' fields, each field once.
    pub labels: Vec<Label>,
    days_off: Vec<Arc<DaysOff>>,
}

/// One reporting duty with its stages.
#[derive(Clone, Debug)]
pub struct Regime {
    pub id: String,
    pub name: String,
    /// Regimes of one family share their reports: one submission serves them all.
    pub family: String,
    /// IANA name of the zone whose calendar counts.
    pub zone: String,
    /// The language in which its authority is written to.
    pub language: Language,
    pub days_off: Arc<DaysOff>,
    pub anchor: Anchor,
    pub shift: Option<Shift>,
    /// The first local day on which the duty exists; a start before it is `not_applicable`.
    pub applies_from: Option<Date>,
    /// The first local day on which it exists no more.
    pub applies_until: Option<Date>,
    /// The family of regimes that it takes the place of, for who is under both.
    pub displaces: Option<String>,
    pub citation: String,
    pub verification: Verification,
    /// Words for people: where to report, what is unsettled.
    pub note: Option<String>,
    /// What to heed before anything of a report is handed over.
    pub cautions: Vec<Caution>,
    /// Ways to the authority where its portal is down.
    pub contacts: Vec<Contact>,
    /// Texts to the recipients of the services.
    pub notices: Vec<Notice>,
    pub stages: Vec<Stage>,
}

/// The regimes that an incident has, and what goes with them.
#[derive(Clone, Debug)]
pub struct Law<'a> {
    pub regimes: Vec<&'a Regime>,
    pub contracts: &'a [Contract],
    pub targets: Targets,
}

/// One report of a regime.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    #[serde(rename = "stage")]
    pub name: String,
    pub abbreviation: String,
    /// The statute's own word, where the regime has one.
    #[serde(default)]
    pub term: Option<String>,
    pub start: Start,
    #[serde(default)]
    pub pick: Pick,
    pub within: Period,
    /// Other periods for starts from a day on, in the order of the days.
    #[serde(default)]
    pub changes: Vec<Amendment>,
    #[serde(default)]
    pub or_within: Option<Limit>,
    #[serde(default)]
    pub successor: Option<Successor>,
    #[serde(default)]
    pub also_met_by: Vec<String>,
    #[serde(default)]
    pub shown: Shown,
    /// Whether each affected customer is owed one of its own.
    #[serde(default)]
    pub each_customer: bool,
    /// What the report's form asks for, in its order; a name that ends in `_opt` may stay empty.
    #[serde(default)]
    pub fields: Vec<String>,
    pub projected: String,
    #[serde(default)]
    pub note: Option<String>,
    pub citation: String,
}

/// A change of the law: the period for starts on or after a local day.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    #[serde(deserialize_with = "file::date")]
    pub from: Date,
    pub within: Period,
    pub citation: String,
}

/// A second limit, from another fact.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub start: Start,
    pub within: Period,
}

/// The limit that takes a stage's place once another report is submitted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Successor {
    pub report: String,
    pub start: Start,
    pub abbreviation: String,
    pub projected: String,
}

/// What the product itself asks for. Never shown as legal deadlines.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// From detection until somebody begins to assess.
    pub assessment_hours: u32,
    /// From the beginning of the assessment, or a supplier's notice, until a decision.
    pub decision_hours: u32,
    /// From the early warning until the authority is asked why it has not answered.
    pub answer_hours: u32,
}

/// What a customer was promised in a contract.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The customer, as facts name it in `party`.
    pub party: String,
    /// The regime whose customers' notice it is about.
    pub regime: String,
    /// The fact of ours from which the time counts, where it is not the stage's.
    #[serde(default)]
    pub start: Option<Start>,
    pub within: Period,
    /// Whom to tell, and how.
    #[serde(default)]
    pub channel: Option<String>,
}

/// How long a stage has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Elapsed hours of 3,600 seconds, never moved by weekends or clock changes.
    Hours(u32),
    /// Calendar days; the day of the start is not counted.
    Days(u32),
    /// Days that are no days off; the day of the start is not counted.
    WorkingDays(u32),
    /// Calendar months: the same day number, or the month's last day.
    Months(u32),
    /// The law names no number.
    UndueDelay,
}

/// Which fact of several counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    #[default]
    Earliest,
    Latest,
}

/// From when on a stage is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    #[default]
    Always,
    OnceStarted,
    OnceSubmitted,
}

/// From when the time of a declared awareness counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// From the awareness itself.
    #[default]
    Awareness,
    /// From detection: a declaration makes the clocks official, and they began before it.
    Detection,
}

/// How far the law lets an act move whose last day is a day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// The local hour of the next working day, 0 to 23. Without a shift it is that day's end.
    pub until_hour: i8,
    /// Whether a limit in hours may move, too.
    #[serde(default)]
    pub also_hours: bool,
}

/// How a regime's text was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
pub enum Verification {
    /// Read in the official text.
    P,
    /// Read in a secondary source.
    S,
    /// Not verified.
    U,
}

/// The fact from which a period counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Start {
    Fact(FactKind),
    /// The submission of a report of the same family.
    Submitted(String),
}

impl Start {
    /// Awareness and the incident's own time: a draft has them provisionally, from detection.
    pub(crate) fn is_provisional_from_detection(&self) -> bool {
        matches!(
            self,
            Self::Fact(
                FactKind::Aware
                    | FactKind::AwarePdb
                    | FactKind::AwareVuln
                    | FactKind::AwareSev
                    | FactKind::Occurred
            )
        )
    }
}

/// As the data write it.
impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(kind) => kind.fmt(f),
            Self::Submitted(report) => write!(f, "submitted.{report}"),
        }
    }
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("submitted.") {
            Some(report) => Ok(Self::Submitted(report.to_owned())),
            None => FactKind::from_str(text)
                .map(Self::Fact)
                .map_err(|error| error.to_string()),
        }
    }
}

impl TryFrom<String> for Start {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Regimes {
    /// The data that is compiled in.
    pub fn embedded() -> &'static Self {
        Self::embedded_arc()
    }

    /// The data that is compiled in, to be shared.
    pub fn embedded_arc() -> &'static Arc<Self> {
        static EMBEDDED: LazyLock<Arc<Regimes>> = LazyLock::new(|| {
            Arc::new(
                Regimes::parse(include_str!("../data/clocks.yaml"))
                    .expect("the embedded data is read by a test"),
            )
        });
        &EMBEDDED
    }

    /// Reads a data file and checks what the format alone cannot say.
    ///
    /// # Errors
    /// All faults that can be told at once, each with its line and what to write instead.
    pub fn parse(text: &str) -> Result<Self, RegimeError> {
        file::read(text)
    }

    pub fn get(&self, id: &str) -> Option<&Regime> {
        self.regimes.iter().find(|regime| regime.id == id)
    }

    /// The calendar of this name.
    pub fn days_off(&self, id: &str) -> Option<&DaysOff> {
        let found = self.days_off.iter().find(|days_off| days_off.id == id);
        found.map(AsRef::as_ref)
    }

    /// The words of a form's field, by its name without `_opt`.
    pub fn label(&self, field: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.field == field)
    }

    /// What the customer was promised for the regime.
    pub fn contract(&self, party: &str, regime: &str) -> Option<&Contract> {
        self.contracts
            .iter()
            .find(|contract| contract.party == party && contract.regime == regime)
    }

    /// The regimes with these ids, in the order asked for, each once, and what goes with them.
    ///
    /// # Errors
    /// An id that the data does not have.
    pub fn select<S: AsRef<str>>(&self, ids: &[S]) -> Result<Law<'_>, RegimeError> {
        for id in ids {
            let id = id.as_ref();
            self.get(id).ok_or_else(|| RegimeError::unknown(id, self))?;
        }
        Ok(self.known(ids))
    }

    /// As [`Self::select`], without the ids that the data does not have.
    pub(crate) fn known<S: AsRef<str>>(&self, ids: &[S]) -> Law<'_> {
        let mut regimes: Vec<&Regime> = Vec::new();
        for regime in ids.iter().filter_map(|id| self.get(id.as_ref())) {
            if !regimes.iter().any(|known| known.id == regime.id) {
                regimes.push(regime);
            }
        }
        Law {
            regimes,
            contracts: &self.contracts,
            targets: self.targets,
        }
    }

    /// Every stage name that any regime has, sorted.
    pub fn stage_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .regimes
            .iter()
            .flat_map(|regime| regime.stages.iter().map(|stage| stage.name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether some regime has a report of this name; the error names the nearest one.
    pub(crate) fn check_report(&self, report: Option<&str>) -> Result<(), crate::FactError> {
        let stages = self.stage_names();
        let all = || stages.join(", ");
        let Some(report) = report else {
            return Err(crate::FactError::NoReport { all: all() });
        };
        if stages.contains(&report) {
            return Ok(());
        }
        let help = match nearest(report, &stages) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a report is one of {}", all()),
        };
        Err(crate::FactError::UnknownReport {
            report: report.to_owned(),
            help,
        })
    }
}

impl Regime {
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }
}

impl Stage {
    /// The period for a start on this local day.
    pub fn within_from(&self, day: Date) -> Period {
        let in_force = self.changes.iter().rev().find(|change| change.from <= day);
        in_force.map_or(self.within, |change| change.within)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(hours) => write!(f, "{hours} hours"),
            Self::Days(days) => write!(f, "{days} days"),
            Self::WorkingDays(days) => write!(f, "{days} working days"),
            Self::Months(1) => f.write_str("one month"),
            Self::Months(months) => write!(f, "{months} months"),
            Self::UndueDelay => f.write_str("without undue delay"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_data_has_the_regimes_and_stages_of_the_interface() {
        let check = |id: &str, expected: &[&str]| {
            let regime = Regimes::embedded().get(id).unwrap();
            let stages: Vec<&str> = regime.stages.iter().map(|s| s.name.as_str()).collect();
            assert_eq!(stages, expected, "{id}");
        };
        let nis2 = [
            "early_warning",
            "notification",
            "intermediate",
            "progress",
            "final",
        ];
        check("nis2", &nis2);
        check("nis2-se", &nis2);
        check("nis2-tsp", &nis2);
        check("gdpr", &["authority", "subjects"]);
        check("gdpr-processor", &["controller"]);
        check("dora", &["initial", "intermediate", "final"]);
        check("cra-vuln", &["early_warning", "notification", "final"]);
        check("cra-incident", &["early_warning", "notification", "final"]);
        check("cer", &["initial", "detailed"]);
        check("eidas-nontsp", &["notification"]);
        check("eidas-qtsp", &["notification"]);
    }

    #[test]
    fn an_unknown_regime_is_named_with_the_nearest_known_one() {
        let check = |id: &str, expected: &str| {
            let error = Regimes::embedded().select(&[id]).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            "nis2-es",
            "there is no regime `nis2-es`; did you mean `nis2-se`?",
        );
        let error = Regimes::embedded()
            .select(&["hipaa"])
            .unwrap_err()
            .to_string();
        let starts = "there is no regime `hipaa`; there are nis2, nis2-se, nis2-tsp, gdpr, ";
        assert!(error.starts_with(starts), "{error}");
    }

    #[test]
    fn a_fault_of_the_data_is_said_at_its_place_with_what_to_write() {
        let mut all = String::new();
        let mut check = |from: &str, to: &str| {
            // From the schema on: the lines before it explain the keys.
            let text = include_str!("../data/clocks.yaml");
            let (_, data) = text.split_once("\nschema").unwrap();
            let data = format!("schema{data}");
            assert!(data.contains(from), "{from}");
            let error = Regimes::parse(&data.replacen(from, to, 1)).unwrap_err();
            let faults = error.faults().iter().map(ToString::to_string);
            all.push_str(&faults.collect::<Vec<_>>().join("\n"));
            all.push_str("\n\n");
        };
        check("schema: 1", "schema: 2");
        check("zone: Europe/Stockholm", "zone: Europe/Uppsala");
        check("days_off: se\n", "days_off: see\n");
        check("also_met_by: [notification]", "also_met_by: [memo]");
        check("start: aware", "start: awre");
        check("abbreviation: ew", "abreviation: ew");
        check("within: {hours: 24}", "within: {hours: 0}");
        check("within: {hours: 24}", "within: {hour: 24}");
        check("like: nis2\n", "like: nis\n");
        check("id: nis2-se", "id: nis2");
        check("\"12-24\"", "\"13-24\"");
        check("applies_from: \"2026-09-11\"", "applies_from: september");
        check("until_hour: 12", "until_hour: 24");
        check(
            "contracts: []",
            "contracts:\n  - {party: acme, regime: gdpr, within: {hours: 24}}",
        );
        check("version: \"2026-11-29\"", "version: \"\"");
        check("targets:", "targets: [");
        let dora = "    family: dora\n    zone: Europe/Stockholm\n    days_off: eu-se\n";
        check(dora, "    zone: Europe/Stockholm\n");
        check(dora, "    days_off: eu-se\n");
        insta::assert_snapshot!(all);
    }
}
