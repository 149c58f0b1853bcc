//! Which streams there are: a misspelt one would hide what belongs to a customer from everybody.

use crate::app::App;
use crate::error::{ApiError, ErrorCode};

/// Refuses a stream that neither the configuration nor an intake token names.
pub(crate) fn check_known(app: &App, stream: &str) -> Result<(), ApiError> {
    let site = app.parts.site.load();
    let mut known = app.parts.access.streams_of_senders();
    known.extend(site.streams.iter().cloned());
    if known.contains(stream) {
        return Ok(());
    }
    let names = || known.iter().map(String::as_str);
    let help = match vakt_rules::nearest(stream, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "the streams are {}; more are written under `streams:` in the configuration",
            names().collect::<Vec<_>>().join(", ")
        ),
    };
    let error = ApiError::new(
        ErrorCode::InvalidField,
        format!("there is no stream `{stream}`"),
    );
    Err(error.with_help(help).with("field", "stream"))
}
