//! The pages: server-rendered HTML that works without scripts, own style and small ES modules from
//! `/static`, nothing inline.

pub(crate) mod assets;
pub(crate) mod coverage;
pub(crate) mod documents;
mod facts;
pub(crate) mod figures;
mod figures_words;
pub(crate) mod home;
pub(crate) mod incident;
mod incident_parts;
pub(crate) mod incidents;
pub(crate) mod intake;
mod intake_words;
mod layout;
pub(crate) mod record;
mod records;
pub(crate) mod recurring;
pub(crate) mod register;
pub(crate) mod report;
mod results;
pub(crate) mod review;
mod setup;
pub(crate) mod sign_in;
pub(crate) mod significance;
mod timeline;
mod why;
mod words;
pub(crate) mod work;
mod work_parts;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use maud::html;
use serde_json::Value;

use crate::access::Principal;
use crate::app::App;
use crate::error::ApiError;
use crate::guard::Call;

/// Who looks at which incident; unlike a request, it may be held while something is waited for.
#[derive(Clone)]
struct Looker {
    app: Arc<App>,
    /// The incident's id.
    id: String,
    who: Principal,
}

impl Looker {
    fn of(call: &Call) -> Result<Self, ApiError> {
        Ok(Self {
            app: Arc::clone(&call.app),
            id: call.path("id").to_owned(),
            who: call.principal()?.clone(),
        })
    }
}

/// Sent by the scripts that keep parts of a page fresh, and take nothing else of it.
const REFRESH_HEADER: &str = "x-vakt-refresh";

fn is_refresh(call: &Call) -> bool {
    call.request.headers().contains_key(REFRESH_HEADER)
}

/// A list that an object has under a name; empty where it has none.
fn items<'v>(object: &'v Value, name: &str) -> &'v [Value] {
    object[name].as_array().map_or(&[], Vec::as_slice)
}

/// An error, for a person.
pub(crate) fn error_page(error: &ApiError) -> Response<Body> {
    let mut response = layout::bare(
        "Not done",
        &html! {
            h1 { "That did not work" }
            p.sentence { (error.message) }
            p.quiet.sentence { (error.help()) }
            p { a href="/" { "Back to the start page" } }
        },
    );
    *response.status_mut() = error.code.status();
    response
}
