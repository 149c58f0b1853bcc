-- What matches said of services: a row for each change of what a service is.
CREATE TABLE service_signals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    stream TEXT NOT NULL,
    says TEXT NOT NULL CHECK (says IN ('complete', 'limited', 'slow', 'up')),
    at INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    rule TEXT NOT NULL,
    position INTEGER NOT NULL,
    -- The event as it was copied; NULL where the journal could not give it.
    original BLOB,
    fields TEXT,
    claimed INTEGER,
    received INTEGER NOT NULL,
    UNIQUE (service, drill, rule, position)
) STRICT;
CREATE INDEX service_signals_at ON service_signals (service, drill, at);
CREATE TRIGGER service_signals_stay BEFORE UPDATE ON service_signals
BEGIN SELECT RAISE(ABORT, 'what was said of services is only added'); END;
CREATE INDEX facts_of_services ON facts (incident) WHERE fact IN ('service_lost', 'service_restored');

-- Which incident an outage belongs to, by an instant within the outage.
CREATE TABLE outage_incidents (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    since INTEGER NOT NULL,
    -- That it is over was recorded.
    restored INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (service, drill, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_incidents_incident ON outage_incidents (incident);

-- How far it was told that an outage meets a criterion: 1 for the warning, 2 for the passing.
CREATE TABLE criterion_told (
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    since INTEGER NOT NULL,
    kind TEXT NOT NULL,
    criterion TEXT NOT NULL,
    step INTEGER NOT NULL,
    -- The fact was recorded.
    is_met INTEGER NOT NULL,
    PRIMARY KEY (service, drill, since, kind, criterion)
) STRICT, WITHOUT ROWID;

-- What people answered about an incident; the newest of an input counts.
CREATE TABLE answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    party TEXT NOT NULL,
    -- Empty where it concerns no service, or all.
    service TEXT NOT NULL,
    input TEXT NOT NULL,
    -- NULL takes the answer back.
    value TEXT,
    source TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX answers_incident ON answers (incident, party, service, input);
CREATE INDEX answers_input ON answers (input, incident);
CREATE TRIGGER answers_stay BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'answers are only added'); END;
CREATE TRIGGER answers_remain BEFORE DELETE ON answers
BEGIN SELECT RAISE(ABORT, 'answers are only added'); END;

-- Which incidents count together as which (Regulation (EU) 2024/2690 Art. 4).
CREATE TABLE recurring_members (
    recurring INTEGER NOT NULL REFERENCES incidents (seq),
    member INTEGER NOT NULL REFERENCES incidents (seq),
    PRIMARY KEY (recurring, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX recurring_members_member ON recurring_members (member);

-- The quarterly looks for recurring incidents, each signed by a person.
CREATE TABLE quarter_reviews (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    quarter TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    note TEXT,
    looked_at TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER quarter_reviews_stay BEFORE UPDATE ON quarter_reviews
BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END;
CREATE TRIGGER quarter_reviews_remain BEFORE DELETE ON quarter_reviews
BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END;
