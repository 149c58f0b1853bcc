-- Named positions and blobs: the detection's checkpoint, the correlator's snapshot with the
-- position that it was taken at, the list of sources.
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    position INTEGER,
    bytes BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL CHECK (origin IN ('detection', 'manual', 'burst')),
    title TEXT NOT NULL,
    -- Derived from the facts and clocks; kept for filtering.
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    party TEXT NOT NULL,
    drill INTEGER NOT NULL,
    historic INTEGER NOT NULL,
    stream TEXT NOT NULL,
    level INTEGER,
    rule_id TEXT,
    rule_title TEXT,
    entity TEXT NOT NULL,
    techniques TEXT NOT NULL,
    regimes TEXT NOT NULL,
    organisation_configured INTEGER NOT NULL,
    detected_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    first_claimed INTEGER,
    first_received INTEGER,
    match_count INTEGER NOT NULL DEFAULT 0,
    event_count INTEGER NOT NULL DEFAULT 0,
    evidence_total INTEGER NOT NULL DEFAULT 0,
    evidence_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX incidents_opened ON incidents (drill, origin, opened_at);
CREATE INDEX incidents_state ON incidents (state, seq);

CREATE TABLE facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    fact TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    claimed_by TEXT NOT NULL,
    party TEXT NOT NULL,
    reason TEXT,
    report TEXT,
    regime TEXT,
    reference TEXT,
    due INTEGER,
    source TEXT
) STRICT;
CREATE INDEX facts_incident ON facts (incident, id);
CREATE TRIGGER facts_stay BEFORE UPDATE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;
CREATE TRIGGER facts_remain BEFORE DELETE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;

CREATE TABLE evidence (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    position INTEGER NOT NULL,
    original BLOB NOT NULL,
    fields TEXT NOT NULL,
    claimed INTEGER,
    received INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (incident, position)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is only added'); END;
CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is only added'); END;

CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    group_key TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    rule_title TEXT NOT NULL,
    level INTEGER NOT NULL,
    tags TEXT NOT NULL,
    entity TEXT NOT NULL,
    stream TEXT NOT NULL,
    drill INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    match_count INTEGER NOT NULL,
    event_count INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    last_received INTEGER NOT NULL,
    detected_at INTEGER NOT NULL,
    incident INTEGER REFERENCES incidents (seq)
) STRICT;
CREATE INDEX alerts_group ON alerts (group_key, seq);
CREATE INDEX alerts_incident ON alerts (incident, seq);

-- The newest events of an alert.
CREATE TABLE alert_events (
    alert INTEGER NOT NULL REFERENCES alerts (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (alert, position)
) STRICT, WITHOUT ROWID;

-- Matches at or after the checkpoint that were applied already; emptied as the checkpoint moves.
CREATE TABLE applied (
    group_key TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (group_key, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Kind and subject: a notice is filed once.
    subject TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dropped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    settled_at INTEGER,
    error TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (state, next_attempt);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
