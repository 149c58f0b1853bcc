//! The ECS field names (Elastic Common Schema 8) that Vakt's own decoders write.

macro_rules! names {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)*) => {
        $($(#[$doc])* pub const $constant: &str = $name;)*
    };
}

names! {
    TIMESTAMP = "@timestamp";
    ERROR_MESSAGE = "error.message";
    EVENT_ACTION = "event.action";
    EVENT_CATEGORY = "event.category";
    EVENT_CODE = "event.code";
    EVENT_DATASET = "event.dataset";
    EVENT_ID = "event.id";
    EVENT_INGESTED = "event.ingested";
    EVENT_KIND = "event.kind";
    EVENT_ORIGINAL = "event.original";
    EVENT_OUTCOME = "event.outcome";
    EVENT_PROVIDER = "event.provider";
    EVENT_TYPE = "event.type";
    DESTINATION_IP = "destination.ip";
    DESTINATION_PORT = "destination.port";
    FILE_PATH = "file.path";
    GROUP_ID = "group.id";
    GROUP_NAME = "group.name";
    HOST_ID = "host.id";
    HOST_NAME = "host.name";
    HTTP_REQUEST_METHOD = "http.request.method";
    HTTP_REQUEST_REFERRER = "http.request.referrer";
    HTTP_RESPONSE_BODY_BYTES = "http.response.body.bytes";
    HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
    HTTP_VERSION = "http.version";
    LOG_LEVEL = "log.level";
    LOG_SYSLOG_APPNAME = "log.syslog.appname";
    LOG_SYSLOG_FACILITY_CODE = "log.syslog.facility.code";
    LOG_SYSLOG_FACILITY_NAME = "log.syslog.facility.name";
    LOG_SYSLOG_HOSTNAME = "log.syslog.hostname";
    LOG_SYSLOG_MSGID = "log.syslog.msgid";
    LOG_SYSLOG_PRIORITY = "log.syslog.priority";
    LOG_SYSLOG_PROCID = "log.syslog.procid";
    LOG_SYSLOG_SEVERITY_CODE = "log.syslog.severity.code";
    LOG_SYSLOG_SEVERITY_NAME = "log.syslog.severity.name";
    LOG_SYSLOG_STRUCTURED_DATA = "log.syslog.structured_data";
    LOG_SYSLOG_VERSION = "log.syslog.version";
    MESSAGE = "message";
    PROCESS_COMMAND_LINE = "process.command_line";
    PROCESS_EXECUTABLE = "process.executable";
    PROCESS_NAME = "process.name";
    PROCESS_PARENT_EXECUTABLE = "process.parent.executable";
    PROCESS_PARENT_COMMAND_LINE = "process.parent.command_line";
    PROCESS_PARENT_PID = "process.parent.pid";
    PROCESS_PID = "process.pid";
    PROCESS_WORKING_DIRECTORY = "process.working_directory";
    SERVICE_NAME = "service.name";
    SOURCE_ADDRESS = "source.address";
    SOURCE_DOMAIN = "source.domain";
    SOURCE_IP = "source.ip";
    SOURCE_PORT = "source.port";
    SYSTEMD_UNIT = "systemd.unit";
    URL_ORIGINAL = "url.original";
    URL_PATH = "url.path";
    URL_QUERY = "url.query";
    USER_AGENT_ORIGINAL = "user_agent.original";
    USER_EFFECTIVE_NAME = "user.effective.name";
    USER_ID = "user.id";
    USER_NAME = "user.name";
    USER_TARGET_NAME = "user.target.name";
    /// The syslog time stamp or another claimed time, as the sender wrote it.
    VAKT_TIME_CLAIMED = "vakt.time.claimed";
    /// Present and `true` for an exercise.
    VAKT_DRILL = "vakt.drill";
    /// How many equal messages a "message repeated N times" stands for.
    VAKT_REPEAT = "vakt.repeat";
    VAKT_STREAM = "vakt.stream";
    VAKT_PEER = "vakt.peer";
    VAKT_LISTENER = "vakt.listener";
    VAKT_TRANSPORT = "vakt.transport";
    /// The event's own declaration of its Sigma log source.
    VAKT_LOGSOURCE_PRODUCT = "vakt.logsource.product";
    VAKT_LOGSOURCE_CATEGORY = "vakt.logsource.category";
    VAKT_LOGSOURCE_SERVICE = "vakt.logsource.service";
}
