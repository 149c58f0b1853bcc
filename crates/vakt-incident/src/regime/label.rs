//! The words of a form's fields, in the language of the authority.

use serde::{Deserialize, Serialize};

/// The language in which an authority is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Sv,
}

/// What a field of a form is called where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The field's name, without `_opt`.
    pub field: String,
    pub sv: String,
    pub en: String,
}

impl Language {
    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Sv => "sv",
        }
    }
}

impl Label {
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Sv => &self.sv,
        }
    }
}

/// A field of a form as a stage writes it: its name, and whether it must be filled.
pub fn field_name(written: &str) -> (&str, bool) {
    match written.strip_suffix("_opt") {
        Some(name) => (name, false),
        None => (written, true),
    }
}
