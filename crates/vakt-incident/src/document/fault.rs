//! Why something was not done with a document.

/// What is wrong with what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    #[error("the incident has no document {id}: `vakt incidents documents` lists them")]
    NoDocument { id: i64 },
    #[error("the incident keeps no file {id}: `vakt incidents documents` lists them")]
    NoFile { id: i64 },
    #[error("document {id} has no file of the format `{format}`: write json, md or html")]
    NoFormat { id: i64, format: String },
    #[error("document {id} was approved by {by} already")]
    Approved { id: i64, by: String },
    #[error(
        "{author} made document {id} and cannot approve it: somebody else who may record facts has to, \
         with a token of their own"
    )]
    OwnWork { id: i64, author: String },
    #[error(
        "document {id} leaves required fields empty ({missing}): fill them and keep a new version, or \
         approve it with a reason"
    )]
    Incomplete { id: i64, missing: String },
    #[error(
        "document {id} is version {version}, and version {newest} was kept after it: approve that"
    )]
    Superseded { id: i64, version: i64, newest: i64 },
    #[error(
        "version {found} is the newest, and this was made beside {expected}: look at it, then keep a new \
         version beside it"
    )]
    Changed { expected: i64, found: i64 },
    #[error("`{name}` is version {found}, and this was chosen beside {expected}: look at it again")]
    MarkChanged {
        name: String,
        expected: i64,
        found: i64,
    },
    #[error("{0}")]
    Mark(String),
    #[error("no event of the incident has the observable {field} {value:?}")]
    NoObservable { field: String, value: String },
    #[error("{field} {value:?} names nobody: it is among the indicators already")]
    NamesNobody { field: String, value: String },
    #[error("the file has {bytes} bytes; 1 to {bytes_max} are kept")]
    FileSize { bytes: usize, bytes_max: usize },
    #[error("a file needs a name of 1 to {chars_max} characters, without `/` and `\\`")]
    FileName { chars_max: usize },
    #[error("an incident keeps {max} {what} at the most")]
    TooMany { what: &'static str, max: i64 },
    #[error("what changed is told in at most {chars_max} characters")]
    TooLong { chars_max: usize },
    #[error("fact {id} is no {kind} about this report: `vakt incidents show` lists the facts")]
    OtherFact { id: i64, kind: String },
}

impl DocumentFault {
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::NoDocument { .. } | Self::NoFile { .. } | Self::NoFormat { .. }
        )
    }

    /// Whether the same may be right at another time, or from somebody else.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Approved { .. }
                | Self::OwnWork { .. }
                | Self::Superseded { .. }
                | Self::Changed { .. }
                | Self::MarkChanged { .. }
                | Self::TooMany { .. }
        )
    }
}
