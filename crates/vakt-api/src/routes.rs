//! Every route, and what it needs. A route without a need cannot be written.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, Response, Uri};
use axum::routing::{MethodRouter, delete, get, post, put};

use crate::app::App;
use crate::endpoints::{
    access, calendar, coverage, documents, erasures, events, figures, incidents, intake, loki,
    observe, outputs, reports, saved, search, searches, significance, triage, upload, views, work,
};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::pages;
use crate::roles::Permission;

/// What a request must show before a route runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: signing in, and the style and scripts of the pages, which hold no data.
    Public,
    /// Nothing on loopback, `ReadState` elsewhere: health and metrics.
    Observe,
    /// Nothing on loopback from a program on this machine, a token elsewhere: events.
    Intake,
    /// A token for reports or a person's credential; nothing where the configuration takes anonymous reports.
    Report,
    /// A credential that has the permission.
    Role(Permission),
    /// The same for a page: who is not signed in is sent to sign in.
    Page(Permission),
    /// As [`Self::Role`], for clients of Loki: the token may be the password of basic
    /// authentication, which is all that some of them send.
    Loki(Permission),
    /// `ReadDeadlines`; a calendar's token may stand in the address, as `token`.
    Calendar,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, ApiError>> + Send>>;

pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) errors: Errors,
    pub(crate) run: fn(Call) -> Answer,
}

/// How a route answers errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errors {
    Json,
    /// Plain text for a client that asks for it, because it shows them to a person.
    TextIfAsked,
    /// Plain text, as Loki answers them: Grafana shows the body to a person.
    Text,
}

impl Errors {
    const fn of(need: Need) -> Self {
        match need {
            Need::Intake => Self::TextIfAsked,
            Need::Loki(_) => Self::Text,
            _ => Self::Json,
        }
    }

    /// As the routes do that begin as this path does.
    fn of_path(path: &str) -> Self {
        match path.starts_with("/loki/") {
            true => Self::Text,
            false => Self::Json,
        }
    }
}

macro_rules! routes {
    ($($method:ident $path:literal $need:expr, $run:path;)*) => {
        /// The table.
        pub(crate) static ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            need: $need,
            errors: Errors::of($need),
            run: |call| Box::pin($run(call)),
        },)*];
    };
}

use Need::{Calendar, Intake, Loki, Observe, Page, Public, Report, Role};
use Permission::{
    EraseEvents, ManageAccess, ReadEvents, ReadRaw, ReadSearchLog, ReadState, RecordFacts,
};

routes! {
    POST   "/api/v1/events" Intake, events::post;
    POST   "/upload" Intake, upload::post;
    GET    "/healthz" Observe, observe::healthz;
    GET    "/readyz" Observe, observe::readyz;
    GET    "/metrics" Observe, observe::metrics;
    GET    "/openapi.json" Role(ReadState), observe::openapi;
    GET    "/api/v1/search" Role(ReadEvents), search::get;
    GET    "/api/v1/follow" Role(ReadEvents), search::follow::get;
    POST   "/api/v1/hunts" Role(ReadRaw), search::hunt::post;
    GET    "/api/v1/saved-searches" Role(ReadEvents), saved::list;
    POST   "/api/v1/saved-searches" Role(ReadEvents), saved::post;
    DELETE "/api/v1/saved-searches/{name}" Role(ReadEvents), saved::delete;
    GET    "/api/v1/searches" Role(ReadSearchLog), searches::list;
    GET    "/api/v1/incidents" Role(ReadState), incidents::list;
    POST   "/api/v1/incidents" Role(RecordFacts), incidents::open;
    GET    "/api/v1/incidents/{id}" Role(ReadState), incidents::show;
    POST   "/api/v1/incidents/{id}/facts" Role(RecordFacts), incidents::add_fact;
    POST   "/api/v1/incidents/{id}/facts/preview" Role(RecordFacts), incidents::preview_fact;
    POST   "/api/v1/incidents/{id}/split" Role(RecordFacts), incidents::split;
    GET    "/api/v1/incidents/{id}/why" Role(ReadState), reports::why;
    GET    "/api/v1/incidents/{id}/reports/{stage}" Role(ReadState), reports::form;
    PUT    "/api/v1/incidents/{id}/reports/{stage}" Role(RecordFacts), reports::write;
    GET    "/api/v1/incidents/{id}/significance" Role(ReadState), significance::show;
    PUT    "/api/v1/incidents/{id}/significance" Role(RecordFacts), significance::answer;
    GET    "/api/v1/services" Role(ReadState), significance::services;
    GET    "/api/v1/recurring" Role(ReadState), significance::recurring;
    GET    "/api/v1/quarter-reviews" Role(ReadState), significance::quarter_reviews;
    POST   "/api/v1/quarter-reviews" Role(RecordFacts), significance::review_quarter;
    GET    "/api/v1/incidents/{id}/work" Role(ReadState), work::show;
    GET    "/api/v1/incidents/{id}/response" Role(ReadState), work::response;
    POST   "/api/v1/incidents/{id}/tasks" Role(RecordFacts), work::add_task;
    POST   "/api/v1/incidents/{id}/notes" Role(RecordFacts), work::add_note;
    POST   "/api/v1/incidents/{id}/attachments" Role(RecordFacts), work::attach;
    GET    "/api/v1/incidents/{id}/attachments/{hash}" Role(ReadRaw), work::attachment;
    GET    "/api/v1/incidents/{id}/review" Role(ReadState), work::review;
    PUT    "/api/v1/incidents/{id}/review" Role(RecordFacts), work::write_review;
    POST   "/api/v1/incidents/{id}/review/sign" Role(RecordFacts), work::sign_review;
    GET    "/api/v1/tasks" Role(ReadState), work::tasks;
    PUT    "/api/v1/tasks/{id}" Role(RecordFacts), work::change_task;
    GET    "/api/v1/reviews" Role(ReadState), work::missing_reviews;
    POST   "/api/v1/intake" Report, intake::post;
    GET    "/api/v1/reports" Role(ReadState), intake::list;
    GET    "/api/v1/incidents/{id}/reports/{stage}/document" Role(ReadState), documents::preview;
    GET    "/api/v1/incidents/{id}/documents" Role(ReadState), documents::list;
    POST   "/api/v1/incidents/{id}/documents" Role(RecordFacts), documents::keep;
    POST   "/api/v1/incidents/{id}/documents/{document}/approve" Role(RecordFacts), documents::approve;
    POST   "/api/v1/incidents/{id}/documents/{document}/submit" Role(RecordFacts), documents::submit;
    GET    "/api/v1/incidents/{id}/documents/{document}/files/{format}" Role(ReadRaw), documents::document_file;
    POST   "/api/v1/incidents/{id}/files" Role(RecordFacts), documents::keep_file;
    GET    "/api/v1/incidents/{id}/files/{file}" Role(ReadRaw), documents::file;
    PUT    "/api/v1/incidents/{id}/marks" Role(RecordFacts), documents::mark;
    PUT    "/api/v1/incidents/{id}/observables" Role(RecordFacts), documents::include;
    GET    "/api/v1/incidents/{id}/stix" Role(ReadRaw), documents::stix;
    GET    "/api/v1/incidents/{id}/package" Role(ReadRaw), documents::package;
    GET    "/api/v1/alerts" Role(ReadState), incidents::alerts;
    GET    "/api/v1/suppressions" Role(ReadState), triage::suppressions;
    POST   "/api/v1/suppressions" Role(RecordFacts), triage::add_suppression;
    POST   "/api/v1/suppressions/preview" Role(RecordFacts), triage::preview_suppression;
    GET    "/api/v1/suppressions/{id}" Role(ReadState), triage::suppression;
    POST   "/api/v1/suppressions/{id}/end" Role(RecordFacts), triage::end_suppression;
    GET    "/api/v1/maintenance" Role(ReadState), triage::windows;
    POST   "/api/v1/maintenance" Role(RecordFacts), triage::add_window;
    POST   "/api/v1/maintenance/{id}/end" Role(RecordFacts), triage::end_window;
    GET    "/api/v1/risk" Role(ReadState), triage::risk;
    GET    "/api/v1/figures" Role(ReadState), figures::get;
    GET    "/api/v1/register" Role(ReadState), figures::register;
    PUT    "/api/v1/register/{id}" Role(RecordFacts), figures::write_register;
    GET    "/api/v1/coverage" Role(ReadState), coverage::get;
    POST   "/api/v1/coverage/sign" Role(RecordFacts), coverage::sign;
    GET    "/api/v1/coverage/reasons" Role(ReadState), coverage::reasons;
    POST   "/api/v1/coverage/reasons" Role(RecordFacts), coverage::add_reason;
    POST   "/api/v1/coverage/reasons/{id}/end" Role(RecordFacts), coverage::end_reason;
    GET    "/api/v1/rules" Role(ReadState), views::rules;
    GET    "/api/v1/sources" Role(ReadState), views::sources;
    GET    "/api/v1/outputs" Role(ReadState), outputs::list;
    POST   "/api/v1/outputs/test" Role(ManageAccess), outputs::test;
    GET    "/calendar.ics" Calendar, calendar::all;
    GET    "/incidents/{id}/calendar.ics" Calendar, calendar::one;
    POST   "/api/v1/erasures" Role(EraseEvents), erasures::post;
    GET    "/api/v1/storage" Role(ReadState), views::storage;
    GET    "/api/v1/me" Role(ReadState), access::me;
    POST   "/api/v1/sign-in-links" Role(ReadState), access::sign_in_link;
    GET    "/api/v1/users" Role(ManageAccess), access::users;
    POST   "/api/v1/users" Role(ManageAccess), access::add_user;
    DELETE "/api/v1/users/{name}" Role(ManageAccess), access::disable_user;
    GET    "/api/v1/tokens" Role(ManageAccess), access::tokens;
    POST   "/api/v1/tokens" Role(ManageAccess), access::add_token;
    DELETE "/api/v1/tokens/{id}" Role(ManageAccess), access::revoke_token;
    GET    "/loki/api/v1/query" Loki(ReadEvents), loki::query;
    POST   "/loki/api/v1/query" Loki(ReadEvents), loki::query;
    GET    "/loki/api/v1/query_range" Loki(ReadEvents), loki::query_range;
    POST   "/loki/api/v1/query_range" Loki(ReadEvents), loki::query_range;
    GET    "/loki/api/v1/labels" Loki(ReadEvents), loki::labels;
    POST   "/loki/api/v1/labels" Loki(ReadEvents), loki::labels;
    GET    "/loki/api/v1/label/{name}/values" Loki(ReadEvents), loki::label_values;
    GET    "/loki/api/v1/series" Loki(ReadEvents), loki::series;
    POST   "/loki/api/v1/series" Loki(ReadEvents), loki::series;
    GET    "/loki/api/v1/index/stats" Loki(ReadEvents), loki::stats;
    POST   "/loki/api/v1/index/stats" Loki(ReadEvents), loki::stats;
    GET    "/loki/api/v1/detected_labels" Loki(ReadEvents), loki::detected_labels;
    POST   "/loki/api/v1/detected_labels" Loki(ReadEvents), loki::detected_labels;
    GET    "/loki/api/v1/detected_fields" Loki(ReadEvents), loki::detected_fields;
    POST   "/loki/api/v1/detected_fields" Loki(ReadEvents), loki::detected_fields;
    GET    "/loki/api/v1/detected_field/{name}/values" Loki(ReadEvents), loki::detected_field_values;
    GET    "/loki/api/v1/status/buildinfo" Loki(ReadEvents), loki::build_info;
    GET    "/" Page(ReadEvents), pages::home::get;
    GET    "/incidents" Page(ReadState), pages::incidents::get;
    GET    "/incidents/{id}" Page(ReadState), pages::incident::get;
    GET    "/incidents/{id}/record" Page(RecordFacts), pages::record::get;
    POST   "/incidents/{id}/record" Page(RecordFacts), pages::record::post;
    GET    "/incidents/{id}/report/{stage}" Page(ReadState), pages::report::get;
    POST   "/incidents/{id}/report/{stage}" Page(RecordFacts), pages::report::post;
    GET    "/incidents/{id}/significance" Page(ReadState), pages::significance::get;
    POST   "/incidents/{id}/significance" Page(RecordFacts), pages::significance::post;
    GET    "/recurring" Page(ReadState), pages::recurring::get;
    POST   "/recurring" Page(RecordFacts), pages::recurring::post;
    GET    "/incidents/{id}/work" Page(ReadState), pages::work::get;
    POST   "/incidents/{id}/work" Page(RecordFacts), pages::work::post;
    POST   "/incidents/{id}/attach" Page(RecordFacts), pages::work::attach;
    GET    "/incidents/{id}/review" Page(ReadState), pages::review::get;
    POST   "/incidents/{id}/review" Page(RecordFacts), pages::review::post;
    GET    "/reviews" Page(ReadState), pages::review::list;
    GET    "/reports" Page(ReadState), pages::intake::list;
    GET    "/report" Public, pages::intake::get;
    POST   "/report" Public, pages::intake::post;
    GET    "/figures" Page(ReadState), pages::figures::get;
    GET    "/register" Page(ReadState), pages::register::get;
    GET    "/coverage" Page(ReadState), pages::coverage::get;
    POST   "/coverage" Page(RecordFacts), pages::coverage::post;
    GET    "/incidents/{id}/documents" Page(ReadState), pages::documents::get;
    POST   "/incidents/{id}/documents" Page(RecordFacts), pages::documents::post;
    GET    "/sign-in" Public, pages::sign_in::get;
    POST   "/sign-in" Public, pages::sign_in::post;
    POST   "/sign-out" Page(ReadState), pages::sign_in::sign_out;
    GET    "/static/{file}" Public, pages::assets::get;
}

pub(crate) fn router_of(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, method_router(app, route));
    }
    let (unknown, wrong) = (Arc::clone(app), Arc::clone(app));
    router
        .fallback(move |uri: Uri, headers: HeaderMap| async move {
            let errors = Errors::of_path(uri.path());
            guard::no_route(&unknown, ErrorCode::NotFound, errors, &headers)
        })
        .method_not_allowed_fallback(move |uri: Uri, headers: HeaderMap| async move {
            let errors = Errors::of_path(uri.path());
            guard::no_route(&wrong, ErrorCode::MethodNotAllowed, errors, &headers)
        })
}

fn method_router(app: &Arc<App>, route: &'static Route) -> MethodRouter {
    let app = Arc::clone(app);
    let handler = move |path: RawPathParams, request: Request| {
        let path = path
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        guard::serve(app, route, path, request)
    };
    match route.method {
        "POST" => post(handler),
        "PUT" => put(handler),
        "DELETE" => delete(handler),
        _ => get(handler),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_lists_exactly_the_routes() {
        let description: serde_json::Value = serde_json::from_str(observe::OPENAPI).unwrap();
        let mut described = BTreeSet::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                described.insert(format!("{} {path}", method.to_uppercase()));
                let security = operation["security"].as_array().unwrap();
                let open = security.is_empty() || security.contains(&serde_json::json!({}));
                let route = ROUTES
                    .iter()
                    .find(|route| route.path == path && route.method.eq_ignore_ascii_case(method));
                let closed = matches!(
                    route.map(|route| route.need),
                    Some(Role(_) | Page(_) | Loki(_) | Calendar)
                );
                assert_ne!(
                    open, closed,
                    "{method} {path}: the security is described wrongly"
                );
            }
        }
        let served: BTreeSet<_> = ROUTES
            .iter()
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        assert_eq!(described, served);
    }
}
