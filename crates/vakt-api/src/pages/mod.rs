//! The pages: server-rendered HTML that works without scripts, own style and small ES modules from
//! `/static`, nothing inline.

pub(crate) mod assets;
pub(crate) mod home;
pub(crate) mod incident;
mod incident_parts;
mod layout;
mod records;
mod results;
mod setup;
pub(crate) mod sign_in;
mod words;

use axum::body::Body;
use axum::http::Response;
use maud::html;

use crate::error::ApiError;

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
