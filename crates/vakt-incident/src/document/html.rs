//! A document as one HTML file that prints on A4 paper: no scripts, nothing from elsewhere.
//!
//! The file forbids itself everything but its own style. Where it is served, [`STYLE_SHA256`] lets the
//! style through a policy that allows nothing inline.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::clean::clean;
use super::words::{Words, outcome};
use super::{Document, DocumentKind, is_suggestion};
use crate::form::words::observable;

const STYLE: &str = include_str!("style.css");

/// The style's hash as a content security policy names it: `sha256-…`.
pub static STYLE_SHA256: LazyLock<String> = LazyLock::new(|| {
    let digest = crate::digest::sha256(STYLE.as_bytes());
    format!("sha256-{}", crate::digest::base64(&digest))
});

pub(super) fn render(document: &Document) -> String {
    let words = Words::of(document);
    let language = document.language.tag();
    let page = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (clean(&document.title)) " · " (document.tlp.label) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { p.tlp { (document.tlp.label) } }
                main { (content(document, &words)) }
                footer { p { (document.tlp.label) " · " (clean(&words.version())) } }
            }
        }
    };
    page.into_string() + "\n"
}

fn content(document: &Document, words: &Words<'_>) -> Markup {
    let is_report = document.kind == DocumentKind::Report;
    html! {
        h1 { (clean(&document.title)) }
        @if let Some(drill) = words.drill() { p.drill { (drill) } }
        p.version { (clean(&words.version())) }
        @if let Some(change) = words.change() { p { (clean(&change)) } }
        @if !document.missing.is_empty() && words.tells_missing() {
            section.missing {
                h2 { (words.say("Obligatoriska uppgifter som saknas", "Required and still empty")) }
                ul { @for missing in &document.missing { li { (clean(&missing.label)) } } }
            }
        }
        @let head = words.head();
        @if !head.is_empty() {
            table.head {
                tbody { @for (name, text) in &head { tr { th scope="row" { (name) } td { (clean(text)) } } } }
            }
        }
        @if let Some(opening) = words.opening() { p { (clean(&opening)) } }
        @for field in &document.fields {
            @let is_empty = field.text.trim().is_empty();
            @if is_report || !is_empty {
                section {
                    h2 { (clean(&field.label)) }
                    @if is_empty {
                        p.empty { (words.say("Ingen uppgift.", "Not stated.")) }
                    } @else {
                        p.text { (clean(field.text.trim())) }
                    }
                }
            }
        }
        (criteria(document, words))
        (indicators(document, words))
        @if is_report { (origins(document, words)) }
    }
}

fn criteria(document: &Document, words: &Words<'_>) -> Markup {
    html! {
        @if !document.criteria.is_empty() {
            section {
                h2 { (words.say("Kriterier för en betydande incident", "Criteria of a significant incident")) }
                ul {
                    @for it in &document.criteria {
                        li {
                            (clean(&it.text)) " (" (it.citation) "): " (outcome(it.outcome, document.language))
                            @for compared in &it.compared { "; " (clean(compared)) }
                        }
                    }
                }
            }
        }
    }
}

fn indicators(document: &Document, words: &Words<'_>) -> Markup {
    let indicators = &document.indicators;
    let withheld = words.withheld();
    if indicators.listed.is_empty() && withheld.is_none() {
        return html! {};
    }
    html! {
        section {
            h2 { (words.say("Angreppsindikatorer", "Indicators of compromise")) }
            @if !indicators.listed.is_empty() {
                table {
                    thead {
                        tr {
                            th { (words.say("Typ", "Kind")) }
                            th { (words.say("Värde", "Value")) }
                            th { (words.say("Händelser", "Events")) }
                            th { (words.say("Först", "First")) }
                            th { (words.say("Sist", "Last")) }
                        }
                    }
                    tbody {
                        @for it in &indicators.listed {
                            tr {
                                td { (observable(&it.field, document.language)) }
                                td.value { (clean(&it.value)) }
                                td { (it.events) }
                                td { (words.time(it.first)) }
                                td { (words.time(it.last)) }
                            }
                        }
                    }
                }
            }
            @if indicators.more > 0 {
                p { (words.say("Utelämnade värden", "Values left out")) ": " (indicators.more) }
            }
            @if let Some(withheld) = withheld { p { (withheld) } }
        }
    }
}

fn origins(document: &Document, words: &Words<'_>) -> Markup {
    html! {
        section.origins {
            h2 { (words.say("Underlag", "Where it comes from")) }
            dl {
                @for field in document.fields.iter().filter(|it| !it.from.is_empty()) {
                    dt {
                        (clean(&field.label))
                        @if is_suggestion(field) { (words.say(" (förslag)", " (suggestion)")) }
                    }
                    @for source in &field.from { dd { (clean(&words.source(source))) } }
                }
                @for (name, sources) in super::named_origins(document, words) {
                    dt { (name) }
                    @for source in sources { dd { (clean(&words.source(source))) } }
                }
            }
        }
    }
}
