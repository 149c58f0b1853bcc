//! What the routes of the API do once a request was let in.

pub(crate) mod access;
pub(crate) mod calendar;
pub(crate) mod coverage;
pub(crate) mod documents;
pub(crate) mod erasures;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod incidents;
pub(crate) mod intake;
pub(crate) mod loki;
pub(crate) mod observe;
pub(crate) mod outputs;
pub(crate) mod reports;
pub(crate) mod saved;
pub(crate) mod search;
pub(crate) mod searches;
pub(crate) mod significance;
pub(crate) mod triage;
pub(crate) mod upload;
pub(crate) mod views;
pub(crate) mod work;

use std::sync::Arc;

use vakt_event::{Source, Transport};
use vakt_ingest::intake::Refused;

use crate::access::Caller;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::roles::Permission;

/// Marks the events of a request as an exercise.
const DRILL_HEADER: &str = "x-vakt-drill";

/// Whose events these are: by the token, else by the listener.
fn source(call: &Call, transport: Transport) -> Result<Arc<Source>, ApiError> {
    let drill = match call.request.headers().get(DRILL_HEADER) {
        None => false,
        Some(value) if value.as_bytes() == b"0" => false,
        Some(value) if value.as_bytes() == b"1" => true,
        Some(_) => {
            return Err(ApiError::new(
                ErrorCode::InvalidParameter,
                "the header `X-Vakt-Drill` is neither 0 nor 1",
            ));
        }
    };
    if drill && !call.caller.may(Permission::SendDrill) {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            match &call.caller {
                Caller::Anonymous => format!(
                    "without a credential one may not {}",
                    Permission::SendDrill.describe()
                ),
                Caller::Person(_)
                | Caller::Sender(_)
                | Caller::Calendar(_)
                | Caller::Reporter(_) => format!(
                    "{} may not {}",
                    call.caller.name(),
                    Permission::SendDrill.describe()
                ),
            },
        )
        .with_help("send a personal token of an administrator or analyst"));
    }
    let policy = &call.connection.policy;
    let stream = match &call.caller {
        Caller::Sender(sender) => &sender.stream,
        Caller::Anonymous | Caller::Person(_) | Caller::Calendar(_) | Caller::Reporter(_) => {
            &policy.stream
        }
    };
    if let Caller::Person(person) = &call.caller
        && let Some(allowed) = &person.streams
        && !allowed.contains(stream)
    {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            format!(
                "{} may not send events of the stream `{stream}`",
                person.name
            ),
        )
        .with_help("send them with an intake token of the stream that they belong to"));
    }
    Ok(Arc::new(Source {
        stream: stream.clone(),
        transport,
        listener: policy.name.clone(),
        peer: Some(call.connection.peer.ip().to_canonical()),
        zone: policy.zone.clone(),
        drill,
    }))
}

fn refused(refused: &Refused) -> ApiError {
    let code = match refused {
        Refused::Busy => ErrorCode::Busy,
        Refused::NoSpace => ErrorCode::NoSpace,
        Refused::Stopping => ErrorCode::Stopping,
        Refused::Broken(_) => ErrorCode::JournalBroken,
    };
    ApiError::new(code, refused.to_string())
}
