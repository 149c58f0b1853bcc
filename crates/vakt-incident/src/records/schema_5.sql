-- What was said of a service that it was already, of the last day: what comes late can make it a change.
CREATE TABLE service_repeats (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    drill INTEGER NOT NULL,
    stream TEXT NOT NULL,
    says TEXT NOT NULL CHECK (says IN ('complete', 'limited', 'slow', 'up')),
    at INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    rule TEXT NOT NULL,
    position INTEGER NOT NULL,
    original BLOB,
    fields TEXT,
    claimed INTEGER,
    received INTEGER NOT NULL,
    UNIQUE (service, drill, rule, position)
) STRICT;
CREATE INDEX service_repeats_at ON service_repeats (service, drill, at);

-- Whether a criterion is met is what the facts say.
ALTER TABLE criterion_told DROP COLUMN is_met;

-- That a task was told of is in the audit log from now on: what was told before is told once more.
UPDATE tasks SET told = NULL;
