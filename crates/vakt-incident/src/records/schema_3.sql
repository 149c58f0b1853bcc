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
