//! Reporting regimes as dated data: which report is due, counted from which fact.
//!
//! The embedded data is `data/clocks.yaml`, whose head explains every key. Nothing here computes;
//! [`crate::clock`] does.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::fact::FactKind;
use crate::suggest::nearest;

/// The data format that this version reads.
const SCHEMA: u32 = 1;

/// The regime of an incident where nothing is configured.
pub const DEFAULT_REGIME: &str = "nis2-se";

/// All regimes of one data file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regimes {
    schema: u32,
    /// The version of the data, shown with every deadline that was computed from it.
    pub version: String,
    pub regimes: Vec<Regime>,
}

/// One reporting duty with its stages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regime {
    pub id: String,
    pub name: String,
    /// Regimes of one family share their reports: one submission serves them all.
    pub family: String,
    /// IANA name of the zone whose calendar counts.
    pub zone: String,
    pub days_off: DaysOff,
    /// The first local day on which the duty exists; a start before it is `not_applicable`.
    #[serde(default, deserialize_with = "date")]
    pub applies_from: Option<jiff::civil::Date>,
    pub citation: String,
    pub verification: Verification,
    pub stages: Vec<Stage>,
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
    #[serde(default)]
    pub or_within: Option<Limit>,
    #[serde(default)]
    pub successor: Option<Successor>,
    #[serde(default)]
    pub also_met_by: Vec<String>,
    #[serde(default)]
    pub shown: Shown,
    pub projected: String,
    #[serde(default)]
    pub note: Option<String>,
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

/// How long a stage has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Elapsed hours of 3,600 seconds, never moved by weekends or clock changes.
    Hours(u32),
    /// Calendar days; the day of the start is not counted.
    Days(u32),
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

/// Which days the act that a period's last day asks for may be moved from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DaysOff {
    /// Lag (1930:173) 2 §: Saturdays, Sundays, public holidays, and the eves of Midsummer,
    /// Christmas and New Year.
    Se,
    /// Regulation 1182/71 Art. 3(4) in Sweden: Saturdays, Sundays and public holidays.
    Eu,
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
        static EMBEDDED: LazyLock<Regimes> = LazyLock::new(|| {
            Regimes::parse(include_str!("../data/clocks.yaml"))
                .expect("the embedded data is read by a test")
        });
        &EMBEDDED
    }

    /// Reads a data file and checks what the format alone cannot say.
    pub fn parse(text: &str) -> Result<Self, RegimeError> {
        let regimes: Self =
            serde_saphyr::from_str(text).map_err(|error| RegimeError::Malformed {
                why: error.to_string(),
            })?;
        if regimes.schema != SCHEMA {
            return Err(RegimeError::Malformed {
                why: format!(
                    "schema {} is not the schema {SCHEMA} that this version reads",
                    regimes.schema
                ),
            });
        }
        for regime in &regimes.regimes {
            regime.check()?;
        }
        Ok(regimes)
    }

    pub fn get(&self, id: &str) -> Option<&Regime> {
        self.regimes.iter().find(|regime| regime.id == id)
    }

    /// The regimes with these ids, in the order asked for, each once.
    pub fn select<S: AsRef<str>>(&self, ids: &[S]) -> Result<Vec<&Regime>, RegimeError> {
        let mut chosen: Vec<&Regime> = Vec::new();
        for id in ids {
            let id = id.as_ref();
            let regime = self.get(id).ok_or_else(|| RegimeError::unknown(id, self))?;
            if !chosen.iter().any(|known| known.id == regime.id) {
                chosen.push(regime);
            }
        }
        Ok(chosen)
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
}

impl Regime {
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    fn check(&self) -> Result<(), RegimeError> {
        let fault = |why: String| RegimeError::Malformed {
            why: format!("regime {}: {why}", self.id),
        };
        crate::calendar::zone(&self.zone)
            .ok_or_else(|| fault(format!("no time zone is called {}", self.zone)))?;
        for stage in &self.stages {
            let mut reports: Vec<&str> = stage.also_met_by.iter().map(String::as_str).collect();
            if let Start::Submitted(report) = &stage.start {
                reports.push(report);
            }
            if let Some(successor) = &stage.successor {
                reports.push(&successor.report);
            }
            if let Some(missing) = reports.into_iter().find(|name| self.stage(name).is_none()) {
                return Err(fault(format!(
                    "stage {} refers to the report {missing}, which the regime does not have",
                    stage.name
                )));
            }
        }
        Ok(())
    }
}

/// Why a regime cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegimeError {
    #[error("the data of the reporting regimes cannot be used: {why}")]
    Malformed { why: String },
    #[error("there is no regime `{id}`; {help}")]
    Unknown { id: String, help: String },
}

impl RegimeError {
    fn unknown(id: &str, regimes: &Regimes) -> Self {
        let ids: Vec<&str> = regimes.regimes.iter().map(|r| r.id.as_str()).collect();
        let help = match nearest(id, &ids) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", ids.join(", ")),
        };
        Self::Unknown {
            id: id.to_owned(),
            help,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(hours) => write!(f, "{hours} hours"),
            Self::Days(days) => write!(f, "{days} days"),
            Self::Months(1) => f.write_str("one month"),
            Self::Months(months) => write!(f, "{months} months"),
            Self::UndueDelay => f.write_str("without undue delay"),
        }
    }
}

fn date<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<jiff::civil::Date>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
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
        check(
            "hipaa",
            "there is no regime `hipaa`; there are nis2, nis2-se, nis2-tsp, gdpr, gdpr-processor, \
             dora, cra-vuln, cra-incident, cer, eidas-nontsp, eidas-qtsp",
        );
    }

    #[test]
    fn data_that_refers_to_nothing_is_refused() {
        let check = |from: &str, to: &str, expected: &str| {
            let text = include_str!("../data/clocks.yaml").replacen(from, to, 1);
            let error = Regimes::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("schema: 1", "schema: 2", "schema 2 is not");
        check(
            "zone: Europe/Stockholm",
            "zone: Europe/Uppsala",
            "no time zone",
        );
        check("also_met_by: [notification]", "also_met_by: [memo]", "memo");
        check("start: aware", "start: awre", "did you mean `aware`?");
        check("abbreviation: ew", "abreviation: ew", "abreviation");
    }
}
