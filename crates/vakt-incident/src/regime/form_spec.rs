//! What has a form: the reports of a regime, and its notices.

use serde::Deserialize;

use super::{Regime, Verification};

/// A text to the recipients of the services. The law names no number of hours for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    #[serde(rename = "notice")]
    pub name: String,
    #[serde(default)]
    pub term: Option<String>,
    pub citation: String,
    /// As those of a stage.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// A way to an authority.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub name: String,
    /// A number, an address.
    pub way: String,
    pub verification: Verification,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// To whom a form speaks, which decides what it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressee {
    Authority,
    /// One customer, who hears nothing of another.
    Customer,
    /// Everybody who uses the services.
    Recipients,
}

/// A report or a notice, as far as its form goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormSpec<'a> {
    pub name: &'a str,
    pub term: Option<&'a str>,
    pub citation: &'a str,
    pub fields: &'a [String],
    pub to: Addressee,
}

impl FormSpec<'_> {
    /// Whether it is sent as often as there is something to say: notices, answers to an authority, and reports
    /// that an incident goes on.
    pub fn is_repeated(&self) -> bool {
        self.to != Addressee::Authority || matches!(self.name, "intermediate" | "progress")
    }
}

impl Regime {
    /// The form of a report or a notice of this name.
    pub fn form(&self, name: &str) -> Option<FormSpec<'_>> {
        self.forms().find(|form| form.name == name)
    }

    /// The forms of its reports, then those of its notices, in the order of the data.
    pub fn forms(&self) -> impl Iterator<Item = FormSpec<'_>> {
        let reports = self.stages.iter().map(|stage| FormSpec {
            name: &stage.name,
            term: stage.term.as_deref(),
            citation: &stage.citation,
            fields: &stage.fields,
            to: match stage.each_customer {
                true => Addressee::Customer,
                false => Addressee::Authority,
            },
        });
        let notices = self.notices.iter().map(|notice| FormSpec {
            name: &notice.name,
            term: notice.term.as_deref(),
            citation: &notice.citation,
            fields: &notice.fields,
            to: Addressee::Recipients,
        });
        reports.chain(notices)
    }
}
