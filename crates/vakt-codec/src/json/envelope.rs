//! The wrappings in which Windows events come as JSON.
//!
//! A rule on `Image` must find the value in every shape, so the envelope does not show in a
//! field's name: `Event.EventData.Image` of evtx dumps and `winlog.event_data.Image` of Winlogbeat
//! are `Image`. [`vakt_event::alias::canonical`] does the same for names in rules and searches.

/// Whether the object at `path` only wraps fields. Other wrappings may stand around the event.
pub(super) fn is_envelope(path: &str) -> bool {
    let ends = |tail: &str| {
        path.strip_suffix(tail)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    if ends("Event.System")
        || ends("Event.EventData")
        || ends("Event.UserData")
        || ends("winlog.event_data")
        || ends("winlog.user_data")
    {
        return true;
    }
    // `Event.UserData` holds one element, whose name says nothing more than the provider does.
    path.rsplit_once('.').is_some_and(|(parent, _)| {
        parent == "Event.UserData" || parent.ends_with(".Event.UserData")
    })
}

/// The joined name where it is one of those that every Windows event has: saves its allocation.
pub(super) fn known_name(prefix: &str, joiner: &str, key: &str) -> Option<&'static str> {
    Some(match (prefix, joiner, key) {
        ("Provider", "_", "Name") => "Provider_Name",
        ("Provider", "_", "Guid") => "Provider_Guid",
        ("TimeCreated", "_", "SystemTime") => "TimeCreated_SystemTime",
        ("Execution", "_", "ProcessID") => "Execution_ProcessID",
        ("Execution", "_", "ThreadID") => "Execution_ThreadID",
        ("Security", "_", "UserID") => "Security_UserID",
        ("Correlation", "_", "ActivityID") => "Correlation_ActivityID",
        ("Data", "_", "Name") => "Data_Name",
        ("Event", "_", "xmlns") => "Event_xmlns",
        ("winlog", ".", "channel") => "winlog.channel",
        ("winlog", ".", "event_id") => "winlog.event_id",
        ("winlog", ".", "computer_name") => "winlog.computer_name",
        ("winlog", ".", "provider_name") => "winlog.provider_name",
        ("event", ".", "code") => "event.code",
        ("host", ".", "name") => "host.name",
        _ => return None,
    })
}
