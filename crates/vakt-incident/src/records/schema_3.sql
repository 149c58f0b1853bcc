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
