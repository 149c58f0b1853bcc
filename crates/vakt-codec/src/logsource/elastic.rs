//! Log sources that an event shows in the words of the Elastic Common Schema.
//!
//! Agents that write ECS say in `event.dataset` which program's log a record comes from. Agents
//! on endpoints say what happened in `event.category` and `event.type`
//! (ECS field reference, "Categorization fields"), and where in `host.os.type`.

use vakt_event::LogSource;

use super::Signs;
use super::shapes::ZEEK_LOGS;

/// `event.dataset` of Elastic's integrations and modules, and what rules call it.
const DATASETS: &[(&str, LogSource<'static>)] = &[
    (
        "apache.access",
        LogSource::of("apache", "webserver", "apache"),
    ),
    ("apache.error", LogSource::of("apache", "", "apache")),
    ("auditd.log", LogSource::of("linux", "", "auditd")),
    ("aws.cloudtrail", LogSource::of("aws", "", "cloudtrail")),
    (
        "azure.activitylogs",
        LogSource::of("azure", "", "activitylogs"),
    ),
    ("azure.auditlogs", LogSource::of("azure", "", "auditlogs")),
    ("azure.signinlogs", LogSource::of("azure", "", "signinlogs")),
    ("gcp.audit", LogSource::of("gcp", "", "gcp.audit")),
    ("github.audit", LogSource::of("github", "", "audit")),
    ("iis.access", LogSource::of("windows", "webserver", "iis")),
    (
        "kubernetes.audit_logs",
        LogSource::of("kubernetes", "application", "audit"),
    ),
    ("nginx.access", LogSource::of("nginx", "webserver", "nginx")),
    ("nginx.error", LogSource::of("nginx", "", "nginx")),
    ("o365.audit", LogSource::of("m365", "", "audit")),
    ("okta.system", LogSource::of("okta", "", "okta")),
    ("squid.log", LogSource::of("squid", "proxy", "")),
    ("system.auth", LogSource::of("linux", "", "auth")),
    ("system.syslog", LogSource::of("linux", "", "syslog")),
];

/// `event.category`, `event.type`, and Sigma's category.
const CATEGORIES: &[(&str, &str, &str)] = &[
    ("process", "start", "process_creation"),
    ("process", "end", "process_termination"),
    ("file", "creation", "file_event"),
    ("file", "access", "file_access"),
    ("file", "deletion", "file_delete"),
    ("network", "start", "network_connection"),
    ("library", "start", "image_load"),
    ("driver", "start", "driver_load"),
    ("registry", "creation", "registry_add"),
    ("registry", "change", "registry_set"),
    ("registry", "deletion", "registry_delete"),
    ("registry", "creation", "registry_event"),
    ("registry", "change", "registry_event"),
    ("registry", "deletion", "registry_event"),
];

/// `host.os.type` where rules call the system so too.
const SYSTEMS: [&str; 3] = ["windows", "linux", "macos"];

/// The first values of a field that is a list.
#[derive(Default)]
pub(crate) struct Few<'e>([Option<&'e str>; 4]);

impl<'e> Few<'e> {
    pub(crate) fn add(&mut self, value: &'e str) {
        if let Some(free) = self.0.iter_mut().find(|place| place.is_none()) {
            *free = Some(value);
        }
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(&Some(word))
    }
}

pub(crate) fn known(known: &mut Vec<LogSource<'static>>) {
    known.extend(DATASETS.iter().map(|(_, source)| source.clone()));
    for (_, _, category) in CATEGORIES {
        known.extend(SYSTEMS.map(|system| LogSource::of(system, category, "")));
    }
}

pub(crate) fn log_sources(signs: &Signs<'_>, sources: &mut Vec<LogSource<'_>>) {
    if let Some(dataset) = signs.dataset {
        let zeek = dataset.strip_prefix("zeek.");
        let zeek = zeek.and_then(|log| ZEEK_LOGS.iter().find(|known| **known == log));
        let named = DATASETS.iter().find(|(name, _)| *name == dataset);
        sources.extend(named.map(|(_, source)| source.clone()));
        sources.extend(zeek.map(|log| LogSource::of("zeek", "", log)));
    }
    let system = SYSTEMS
        .into_iter()
        .find(|known| signs.system == Some(known));
    if let Some(system) = system {
        let shown = CATEGORIES
            .iter()
            .filter(|(category, kind, _)| signs.categories.has(category) && signs.types.has(kind));
        sources.extend(shown.map(|(_, _, category)| LogSource::of(system, category, "")));
    }
}
