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
