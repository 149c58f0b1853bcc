//! What opens a draft beside the rules that say so themselves.
//!
//! Without a configuration only rules with `vakt.draft: true` do, which correlations of our own pack
//! have. A rule with `vakt.draft: false` opens none by its level or its asset.

use std::fmt;

use vakt_event::Level;

use crate::asset::{Asset, Criticality};
use crate::detection::Detection;

/// The key `incidents.thresholds`. The default is none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// A match of this level or above.
    pub level: Option<Level>,
    /// A match on an asset that much depends on.
    pub on_asset: Option<OnAsset>,
    /// The points of one entity.
    pub risk_score: Option<f64>,
}

/// A match of `level` or above on an asset of `criticality` or above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnAsset {
    pub criticality: Criticality,
    pub level: Level,
}

/// Why a match opens a draft.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Why {
    /// Its rule says so.
    Rule,
    Level(Level),
    Asset {
        name: String,
        criticality: Criticality,
    },
    /// An entity's score passed the threshold.
    Risk {
        field: String,
        value: String,
        score: f64,
    },
}

impl Thresholds {
    /// Why the match opens a draft by itself, if it does.
    pub(crate) fn why(&self, detection: &Detection, asset: Option<&Asset>) -> Option<Why> {
        match detection.opens_draft {
            Some(true) => return Some(Why::Rule),
            Some(false) => return None,
            None => {}
        }
        if self.level.is_some_and(|level| detection.level >= level) {
            return Some(Why::Level(detection.level));
        }
        let (on_asset, asset) = (self.on_asset?, asset?);
        let reaches =
            asset.criticality >= on_asset.criticality && detection.level >= on_asset.level;
        reaches.then(|| Why::Asset {
            name: asset.name.clone(),
            criticality: asset.criticality,
        })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule => write!(f, "its rule says so"),
            Self::Level(level) => write!(f, "its level is {level}"),
            Self::Asset { name, criticality } => {
                write!(
                    f,
                    "it concerns {name}, an asset of criticality {criticality}"
                )
            }
            Self::Risk {
                field,
                value,
                score,
            } => write!(f, "the risk of {field} {value} is {score:.0} points"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::tests::detection;

    #[test]
    fn a_draft_opens_by_rule_level_and_asset() {
        let asset = |criticality| Asset {
            name: "billing".to_owned(),
            criticality,
            ..Asset::default()
        };
        let check =
            |thresholds: &str, opens_draft, level: Level, on: Option<Asset>, expected: &str| {
                let thresholds = match thresholds {
                    "none" => Thresholds::default(),
                    "level" => Thresholds {
                        level: Some(Level::Critical),
                        ..Thresholds::default()
                    },
                    _ => Thresholds {
                        on_asset: Some(OnAsset {
                            criticality: Criticality::High,
                            level: Level::Medium,
                        }),
                        ..Thresholds::default()
                    },
                };
                let detection = Detection {
                    opens_draft,
                    level,
                    ..detection()
                };
                let why = thresholds.why(&detection, on.as_ref());
                let said = why.map(|why| why.to_string()).unwrap_or_default();
                assert_eq!(said, expected);
            };
        let critical = || Some(asset(Criticality::Critical));
        check("none", Some(true), Level::Low, None, "its rule says so");
        check("none", None, Level::Critical, critical(), "");
        check("level", None, Level::High, critical(), "");
        check(
            "level",
            None,
            Level::Critical,
            None,
            "its level is critical",
        );
        check("level", Some(false), Level::Critical, None, "");
        check("asset", None, Level::Critical, None, "");
        check("asset", None, Level::Low, critical(), "");
        check(
            "asset",
            None,
            Level::Medium,
            critical(),
            "it concerns billing, an asset of criticality critical",
        );
        check(
            "asset",
            None,
            Level::High,
            Some(asset(Criticality::Medium)),
            "",
        );
        check("asset", Some(false), Level::High, critical(), "");
    }
}
