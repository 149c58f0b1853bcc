//! What the start page and an incident's page show of the response work.

use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::words::{instant, plain, time_of};
use crate::access::Principal;
use crate::app::{Parts, Site};
use crate::backend::TasksRequest;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;

/// Tasks that the start page shows.
const MINE: usize = 20;

/// The section of an incident's page.
pub(super) fn links(incident: &Value) -> Markup {
    let id = incident["id"].as_str().unwrap_or_default();
    html! {
        section aria-labelledby="response-heading" {
            h2 id="response-heading" { "Response" }
            p {
                a.button href={ "/incidents/" (id) "/work" } { "Tasks, notes and attachments" } " "
                a.button href={ "/incidents/" (id) "/review" } { "Review" }
            }
            @if incident["origin"] == "report" {
                p.quiet { "It was reported: the report stands with the " a href={ "/incidents/" (id) "/work" } { "response" } "." }
            }
        }
    }
}

/// The newest open tasks of whoever looks.
pub(super) fn tasks_of(parts: &Parts, who: &Principal) -> Result<Vec<Value>, ApiError> {
    let request = TasksRequest {
        limit: MINE,
        owner: Some(who.name.clone()),
        state: Some("open".to_owned()),
        sight: who.sight(),
        ..TasksRequest::default()
    };
    Ok(parts.work.tasks(&request).map_err(failure)?.items)
}

/// The section of the start page; nothing where there is nothing to do.
pub(super) fn my_tasks(tasks: &[Value], site: &Site, now: Timestamp) -> Markup {
    html! {
        @if !tasks.is_empty() {
            section id="tasks" data-refresh aria-labelledby="tasks-heading" {
                h2 id="tasks-heading" { "My tasks" }
                ul.entries {
                    @for task in tasks {
                        li { div {
                            div.what {
                                @let id = task["incident"].as_str().unwrap_or_default();
                                a href={ "/incidents/" (id) "/work#task-" (task["id"].as_str().unwrap_or_default()) } {
                                    (task["title"].as_str().unwrap_or_default())
                                }
                                " " (due_badge(task, now))
                            }
                            div.quiet {
                                (plain(task["phase"].as_str().unwrap_or_default()))
                                @if let Some(due) = time_of(&task["due"], &site.zone) { " · by " (due) }
                                " · " (task["incident_title"].as_str().unwrap_or_default())
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// A mark where the due time of an open task has passed.
pub(super) fn due_badge(task: &Value, now: Timestamp) -> Markup {
    let is_late = task["state"] == "open" && instant(&task["due"]).is_some_and(|due| due <= now);
    html! { @if is_late { span.badge.red { "Overdue" } } }
}
