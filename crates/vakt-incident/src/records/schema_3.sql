-- What people write into the fields of a report before it is sent; the audit log has every version.
CREATE TABLE report_texts (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    party TEXT NOT NULL,
    regime TEXT NOT NULL,
    stage TEXT NOT NULL,
    field TEXT NOT NULL,
    text TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (incident, party, regime, stage, field)
) STRICT, WITHOUT ROWID;

-- What is hidden on purpose, planned work, and who is at risk.
CREATE TABLE suppressions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    -- The rules, streams and condition, as JSON.
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The first journal position that it is for, and the first that it is not for any more.
    begins INTEGER NOT NULL,
    ends INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT,
    -- What its test against stored events found; NULL where nobody tested it.
    tested TEXT,
    hidden INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Tests of suppressions that may be saved.
CREATE TABLE suppression_tests (
    digest TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    summary TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE maintenance (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    -- It was recorded after its start, and covers nothing.
    late INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT,
    covered INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX maintenance_ends ON maintenance (ends);

-- The id of what hides an alert, and of the planned work that it fell into.
ALTER TABLE alerts ADD COLUMN suppression TEXT;
ALTER TABLE alerts ADD COLUMN maintenance TEXT;
CREATE INDEX alerts_suppression ON alerts (suppression, seq) WHERE suppression IS NOT NULL;

-- The newest matches, each with the event that completed it.
CREATE TABLE matches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    detected_at INTEGER NOT NULL,
    host TEXT,
    -- The positions of that event's records, as JSON.
    records TEXT NOT NULL
) STRICT;
CREATE INDEX matches_alert ON matches (alert);

-- When the last match of an incident was received, and whom its matches concern.
ALTER TABLE incidents ADD COLUMN last_received INTEGER;
ALTER TABLE incidents ADD COLUMN risk_score REAL;
CREATE TABLE incident_keys (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    key TEXT NOT NULL,
    PRIMARY KEY (key, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_keys_incident ON incident_keys (incident);

CREATE TABLE risk (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    drill INTEGER NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    score REAL NOT NULL,
    as_of INTEGER NOT NULL,
    -- Orders entities by their score at any one time.
    rank REAL NOT NULL,
    -- The incident that tells of it, until the score has fallen.
    incident INTEGER REFERENCES incidents (seq),
    UNIQUE (stream, drill, field, value)
) STRICT;
CREATE INDEX risk_rank ON risk (rank);
CREATE TABLE risk_alerts (
    risk INTEGER NOT NULL REFERENCES risk (seq) ON DELETE CASCADE,
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    points REAL NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (risk, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX risk_alerts_alert ON risk_alerts (alert);

-- What shall be told to the outside, once each; `routed` once it is decided to whom.
CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Kind and subject: a notice is filed once.
    subject TEXT NOT NULL UNIQUE,
    -- The name that receivers know it by.
    uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    routed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX notices_unrouted ON notices (id) WHERE routed = 0;

-- A notice on its way to one output.
CREATE TABLE deliveries (
    notice INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    output TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'folded')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    routed_at INTEGER NOT NULL,
    -- It waits for others of its kind, which are folded into it.
    held INTEGER NOT NULL DEFAULT 0,
    -- Counts by kind and the first of those that were folded into it.
    digest TEXT,
    settled_at INTEGER,
    error TEXT,
    PRIMARY KEY (notice, output)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (output, state, next_attempt);
CREATE INDEX deliveries_recent ON deliveries (output, routed_at);

-- What an output that knows states (Alertmanager) is told again and again, until it has ended.
CREATE TABLE firing (
    output TEXT NOT NULL,
    notice TEXT NOT NULL,
    payload TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    PRIMARY KEY (output, notice)
) STRICT, WITHOUT ROWID;

-- What was told last about something that is told in steps: shares of a clock, an escalation, whether
-- a source is silent. Rows of an incident go when it is closed.
CREATE TABLE told (
    subject TEXT PRIMARY KEY,
    incident INTEGER REFERENCES incidents (seq),
    step INTEGER NOT NULL,
    due INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX told_incident ON told (incident);

-- Under their old numbers: a receiver may have seen an attempt.
INSERT INTO notices (id, subject, uid, kind, payload, created_at)
    SELECT id, subject, CAST(id AS TEXT), json_extract(payload, '$.kind'), payload, created_at
    FROM outbox WHERE state = 'pending';
DROP TABLE outbox;
