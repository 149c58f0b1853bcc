//! Who reads figures, how often, and which of them.

use std::str::FromStr;

use serde_json::Value;

use super::Unit;

/// Rules that a manager is shown: those with the most false positives.
const RULES_FOR_CISO: usize = 10;

/// A reader of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Each quarter: what happened, how soon it was known and reported.
    Board,
    /// Each month: the same, by kind and stream, and what rules were worth.
    Ciso,
    /// Each week: everything.
    It,
}

/// The text names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reader of figures: write board, ciso or it")]
pub struct UnknownRole(pub String);

impl Role {
    pub const ALL: [Self; 3] = [Self::Board, Self::Ciso, Self::It];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Ciso => "ciso",
            Self::It => "it",
        }
    }

    /// How often it reads them.
    pub fn unit(self) -> Unit {
        match self {
            Self::Board => Unit::Quarter,
            Self::Ciso => Unit::Month,
            Self::It => Unit::Week,
        }
    }

    /// Takes out of figures as JSON what this reader does not look at.
    pub fn keep(self, figures: &mut Value) {
        for name in ["real", "real_before", "drills"] {
            let Some(realm) = figures.get_mut(name).and_then(Value::as_object_mut) else {
                continue;
            };
            match self {
                Self::It => {}
                Self::Ciso => {
                    let rules = realm.get_mut("rules").and_then(Value::as_array_mut);
                    if let Some(rules) = rules {
                        rules.truncate(RULES_FOR_CISO);
                    }
                }
                Self::Board => {
                    realm.shift_remove("alerts");
                    realm.shift_remove("rules");
                    let incidents = realm.get_mut("incidents").and_then(Value::as_object_mut);
                    if let Some(incidents) = incidents {
                        for part in ["by_state", "by_origin", "by_level", "by_stream"] {
                            incidents.shift_remove(part);
                        }
                    }
                }
            }
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
