//! What is wrong with the data of the regimes, said at its place.

use super::Regimes;
use crate::data_file::{DataFault, all};
use crate::suggest::nearest;

/// Why a regime cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegimeError {
    #[error("the data of the reporting regimes cannot be used:\n{}", all(.0))]
    Data(Vec<DataFault>),
    #[error("there is no regime `{id}`; {help}")]
    Unknown { id: String, help: String },
}

impl RegimeError {
    pub(super) fn unknown(id: &str, regimes: &Regimes) -> Self {
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

    /// The faults of a data file; none where a regime is merely unknown.
    pub fn faults(&self) -> &[DataFault] {
        match self {
            Self::Data(faults) => faults,
            Self::Unknown { .. } => &[],
        }
    }
}
