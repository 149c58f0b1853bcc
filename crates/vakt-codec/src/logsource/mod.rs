//! To which Sigma log sources an event belongs.
//!
//! An event shows its log sources, in this order, and can have several:
//!
//! | what shows it | log source | where |
//! |---|---|---|
//! | Windows channel (`Channel`, `Event.System.Channel`, `winlog.channel`) | product `windows`, service by channel, category by event id | [`windows`] |
//! | CloudTrail, Zeek, Kubernetes audit records, by the fields that their formats require | as Sigma's taxonomy names them | [`shapes`] |
//! | `event.dataset`, or `event.category` with `event.type` and `host.os.type` | by the words of ECS | [`elastic`] |
//! | syslog program, journald unit, what a decoder understood | by program | [`programs`] |
//! | `vakt.logsource.{product,category,service}` | as declared | here |
//! | bare `product`, `category`, `service` | as declared, only when the caller asks for it | here |
//!
//! An event id alone shows nothing. What the caller assumes (`--logsource`) fills in the parts
//! that the event does not show.

pub mod elastic;
pub mod programs;
pub mod shapes;
pub mod windows;

use std::borrow::Cow;

use vakt_event::{Event, Field, LogSource};

use crate::decode::DecodeContext;
use crate::telling::{Roles, Tale, Telling};

/// Every log source that the built-in tables can show: what lint holds a rule's log source
/// against. Events may declare others.
pub fn known() -> Vec<LogSource<'static>> {
    let mut known = programs::known();
    windows::known(&mut known);
    shapes::known(&mut known);
    elastic::known(&mut known);
    known.sort_unstable();
    known.dedup();
    known
}

/// The fields that say something about log sources, found in one pass.
#[derive(Default)]
pub(crate) struct Signs<'e> {
    pub(crate) channel: Option<&'e str>,
    pub(crate) event_id: Option<&'e str>,
    /// Sysmon's `EventType` tells the registry events of one id apart.
    pub(crate) event_type: Option<&'e str>,
    pub(crate) event_source: Option<&'e str>,
    pub(crate) event_version: Option<&'e str>,
    pub(crate) event_name: Option<&'e str>,
    pub(crate) zeek_path: Option<&'e str>,
    pub(crate) zeek_time: Option<&'e str>,
    pub(crate) api_version: Option<&'e str>,
    pub(crate) audit_id: Option<&'e str>,
    pub(crate) dataset: Option<&'e str>,
    pub(crate) system: Option<&'e str>,
    pub(crate) categories: elastic::Few<'e>,
    pub(crate) types: elastic::Few<'e>,
}

impl<'e> Signs<'e> {
    fn of<'a: 'e>(telling: impl Iterator<Item = (Tale, &'e Field<'a>)>) -> Self {
        let mut signs = Self::default();
        for (Tale { roles, .. }, field) in telling {
            if !roles.has(Roles::SIGNS) {
                continue;
            }
            if roles.has(Roles::ECS_CATEGORY) {
                signs.categories.add(field.value.text());
            } else if roles.has(Roles::ECS_TYPE) {
                signs.types.add(field.value.text());
            } else if let Some(place) = signs.place(roles)
                && place.is_none()
                && !field.value.is_null()
            {
                *place = Some(field.value.text());
            }
        }
        signs
    }

    fn place(&mut self, roles: Roles) -> Option<&mut Option<&'e str>> {
        Some(if roles.has(Roles::CHANNEL) {
            &mut self.channel
        } else if roles.has(Roles::EVENT_ID) {
            &mut self.event_id
        } else if roles.has(Roles::EVENT_TYPE) {
            &mut self.event_type
        } else if roles.has(Roles::EVENT_SOURCE) {
            &mut self.event_source
        } else if roles.has(Roles::EVENT_VERSION) {
            &mut self.event_version
        } else if roles.has(Roles::EVENT_NAME) {
            &mut self.event_name
        } else if roles.has(Roles::ZEEK_PATH) {
            &mut self.zeek_path
        } else if roles.has(Roles::ZEEK_TIME) {
            &mut self.zeek_time
        } else if roles.has(Roles::API_VERSION) {
            &mut self.api_version
        } else if roles.has(Roles::AUDIT_ID) {
            &mut self.audit_id
        } else if roles.has(Roles::DATASET) {
            &mut self.dataset
        } else if roles.has(Roles::SYSTEM) {
            &mut self.system
        } else {
            return None;
        })
    }
}

/// Adds the event's log sources.
pub(crate) fn assign<'a>(event: &mut Event<'a>, telling: &Telling, cx: &DecodeContext<'_>) {
    let mut shown = std::mem::take(&mut event.log_sources);
    let signs = Signs::of(telling.of(&event.fields));
    windows::log_sources(&signs, &mut shown);
    shapes::log_sources(&signs, &mut shown);
    elastic::log_sources(&signs, &mut shown);
    event.log_sources = shown;
    programs::add(event, telling);
    let declared = declared(telling, &event.fields, Roles::DECLARED);
    add(event, declared);
    if cx.logsource_fields {
        let declared = self::declared(telling, &event.fields, Roles::BARE);
        add(event, declared);
    }
    if let Some(assumed) = cx.assume {
        assume(event, assumed);
    }
}

fn add<'a>(event: &mut Event<'a>, source: LogSource<'a>) {
    if !source.is_empty() && !event.log_sources.contains(&source) {
        event.log_sources.push(source);
    }
}

/// The log source whose product, category and service stand in the fields with these roles.
fn declared<'a>(telling: &Telling, fields: &[Field<'a>], parts: [Roles; 3]) -> LogSource<'a> {
    let part = |part| {
        let mut named = telling.with(fields, part);
        named.find_map(|field| field.value.to_str().filter(|word| !word.is_empty()))
    };
    let [product, category, service] = parts;
    LogSource {
        product: part(product),
        category: part(category),
        service: part(service),
    }
}

/// Fills in the parts that none of the event's log sources shows.
fn assume(event: &mut Event<'_>, assumed: &LogSource<'_>) {
    type Part = for<'s, 'w> fn(&'s mut LogSource<'w>) -> &'s mut Option<Cow<'w, str>>;
    let parts: [(Part, &Option<Cow<'_, str>>); 3] = [
        (|source| &mut source.product, &assumed.product),
        (|source| &mut source.category, &assumed.category),
        (|source| &mut source.service, &assumed.service),
    ];
    if event.log_sources.is_empty() {
        event.log_sources.push(LogSource::default());
    }
    for (part, assumed) in parts {
        let Some(assumed) = assumed else { continue };
        if event
            .log_sources
            .iter_mut()
            .any(|source| part(source).is_some())
        {
            continue;
        }
        for source in &mut event.log_sources {
            *part(source) = Some(Cow::Owned(assumed.clone().into_owned()));
        }
    }
}

#[cfg(test)]
mod tests;
