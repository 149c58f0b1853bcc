-- Response work: what is to be done, what people wrote down and attached, and what was learnt.
CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    title TEXT NOT NULL,
    owner TEXT,
    due INTEGER,
    phase TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    reason TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    version INTEGER NOT NULL,
    -- The due time of which it was told that it has passed.
    told INTEGER
) STRICT;
CREATE INDEX tasks_incident ON tasks (incident, seq);
CREATE INDEX tasks_owner ON tasks (owner, state, seq);
CREATE INDEX tasks_due ON tasks (due) WHERE state = 'open' AND due IS NOT NULL;
CREATE INDEX tasks_changed ON tasks (changed_at);

CREATE TABLE work_notes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    kind TEXT NOT NULL CHECK (kind IN ('note', 'decision', 'communication')),
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL
) STRICT;
CREATE INDEX work_notes_incident ON work_notes (incident, seq);
CREATE TRIGGER work_notes_stay BEFORE UPDATE ON work_notes
BEGIN SELECT RAISE(ABORT, 'notes are only added'); END;
CREATE TRIGGER work_notes_remain BEFORE DELETE ON work_notes
BEGIN SELECT RAISE(ABORT, 'notes are only added'); END;

-- The bytes are in files of the data directory, named by their BLAKE3.
CREATE TABLE attachments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    blake3 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    UNIQUE (incident, blake3)
) STRICT;
CREATE INDEX attachments_blake3 ON attachments (blake3);
CREATE TRIGGER attachments_stay BEFORE UPDATE ON attachments
BEGIN SELECT RAISE(ABORT, 'attachments are only added'); END;
CREATE TRIGGER attachments_remain BEFORE DELETE ON attachments
BEGIN SELECT RAISE(ABORT, 'attachments are only added'); END;

-- The review of an incident until it is signed; what was signed is in the fact `reviewed`.
CREATE TABLE reviews (
    incident INTEGER PRIMARY KEY REFERENCES incidents (seq),
    family TEXT,
    root_cause TEXT NOT NULL,
    scope TEXT NOT NULL,
    lessons TEXT NOT NULL,
    no_actions TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    written_by TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- What staff, suppliers and customers reported, word for word.
CREATE TABLE intake_reports (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt TEXT NOT NULL UNIQUE,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    source TEXT NOT NULL CHECK (source IN ('own', 'supplier', 'customer', 'anonymous')),
    -- The supplier or customer.
    party TEXT,
    -- The name of the token or user; none where it was anonymous.
    sender TEXT,
    happened TEXT NOT NULL,
    description TEXT NOT NULL,
    contact TEXT,
    files TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX intake_reports_incident ON intake_reports (incident);
CREATE TRIGGER intake_reports_stay BEFORE UPDATE ON intake_reports
BEGIN SELECT RAISE(ABORT, 'reports are only added'); END;
CREATE TRIGGER intake_reports_remain BEFORE DELETE ON intake_reports
BEGIN SELECT RAISE(ABORT, 'reports are only added'); END;
