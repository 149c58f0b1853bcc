//! What every page has around it.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use maud::{DOCTYPE, Markup, html};

use vakt_event::Timestamp;
use vakt_event::visible::visible;

use crate::access::Principal;
use crate::app::Site;

/// A page for somebody who is signed in, as of `now`.
pub(crate) fn page(
    title: &str,
    site: &Site,
    who: &Principal,
    now: Timestamp,
    main: &Markup,
) -> Response<Body> {
    document(
        (title, "en"),
        site.zone.iana_name(),
        Some(now),
        &html! {
            a.skip href="#main" { "Skip to the content" }
            header.top {
                a.brand href="/" { "Vakt" }
                @if let Some(organisation) = &site.organisation {
                    span.organisation { (organisation) }
                }
                form.who method="post" action="/sign-out" {
                    span { (who.name) " " span.quiet { "(" (who.role) ")" } }
                    button.link type="submit" { "Sign out" }
                }
            }
            @if site.organisation.is_none() {
                p.banner role="status" {
                    strong { "This organisation is not configured." }
                    " Deadlines follow " code { "nis2-se" }
                    " until you write who you are into the configuration; "
                    code { "vakt doctor" } " says what is missing."
                }
            }
            main id="main" tabindex="-1" { (main) }
            footer.foot {
                nav aria-label="More pages" {
                    a href="/figures" { "Figures" } " · "
                    a href="/coverage" { "Coverage" } " · "
                    a href="/register" { "Register of breaches" }
                }
                "Vakt " (env!("CARGO_PKG_VERSION"))
            }
        },
    )
}

/// A page for somebody who is not.
pub(crate) fn bare(title: &str, main: &Markup) -> Response<Body> {
    bare_in("en", title, main)
}

/// The same in a language, by its tag (BCP 47).
pub(crate) fn bare_in(language: &str, title: &str, main: &Markup) -> Response<Body> {
    document(
        (title, language),
        None,
        None,
        &html! {
            main.bare id="main" { (main) }
        },
    )
}

/// `zone` is the IANA name of the zone in which the scripts show times, `now` the time from which
/// they count on, since a browser's clock may be wrong.
fn document(
    (title, language): (&str, &str),
    zone: Option<&str>,
    now: Option<Timestamp>,
    body: &Markup,
) -> Response<Body> {
    let page = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                title { (title) " · Vakt" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="/static/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/static/vakt.css";
                link rel="stylesheet" href="/static/pages.css";
                script type="module" src="/static/main.js" {}
            }
            body data-zone=[zone] data-now=[now] { (body) }
        }
    };
    let page = page.into_string();
    // Whatever stands in it, from logs, rules or people: no character makes another text of what is read.
    let page = match visible(&page) {
        Cow::Borrowed(_) => page,
        Cow::Owned(page) => page,
    };
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}
