-- What the register of personal data breaches says of an incident (GDPR Art. 33(5)); the audit log has every version.
CREATE TABLE breach_entries (
    incident INTEGER PRIMARY KEY REFERENCES incidents (seq),
    facts TEXT,
    effects TEXT,
    remedial_action TEXT,
    not_notified_reason TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- Why an asset does not give a kind of log.
CREATE TABLE coverage_reasons (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    asset TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    review_by INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT
) STRICT;
CREATE INDEX coverage_reasons_open ON coverage_reasons (asset, kind) WHERE ended_at IS NULL;

-- Signed reviews of what is logged, each with the matrix that was looked at.
CREATE TABLE coverage_signatures (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    signed_by TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    hash TEXT NOT NULL,
    matrix TEXT NOT NULL,
    note TEXT,
    incident TEXT,
    due INTEGER NOT NULL
) STRICT;
CREATE TRIGGER coverage_signatures_stay BEFORE UPDATE ON coverage_signatures
BEGIN SELECT RAISE(ABORT, 'signed reviews are only added'); END;
CREATE TRIGGER coverage_signatures_remain BEFORE DELETE ON coverage_signatures
BEGIN SELECT RAISE(ABORT, 'signed reviews are only added'); END;
