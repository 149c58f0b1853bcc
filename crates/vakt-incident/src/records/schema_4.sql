-- Reports and notices as they were kept, who approved them, and what was sent.
CREATE TABLE documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    party TEXT NOT NULL,
    regime TEXT NOT NULL,
    stage TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    language TEXT NOT NULL,
    tlp TEXT NOT NULL,
    author TEXT NOT NULL,
    at INTEGER NOT NULL,
    changed TEXT,
    -- The version that was submitted and that this one corrects.
    corrects INTEGER,
    -- The required fields that were empty, as JSON.
    missing TEXT NOT NULL,
    UNIQUE (incident, party, regime, stage, version)
) STRICT;
CREATE TRIGGER documents_stay BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'documents are only added'); END;
CREATE TRIGGER documents_remain BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'documents are only added'); END;

-- The bytes: those of a document in its formats, what was really sent, receipts.
CREATE TABLE document_files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    document INTEGER REFERENCES documents (seq),
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    blake3 TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX document_files_incident ON document_files (incident, document);
CREATE TRIGGER document_files_stay BEFORE UPDATE ON document_files
BEGIN SELECT RAISE(ABORT, 'files of documents are only added'); END;
CREATE TRIGGER document_files_remain BEFORE DELETE ON document_files
BEGIN SELECT RAISE(ABORT, 'files of documents are only added'); END;

CREATE TABLE document_approvals (
    document INTEGER PRIMARY KEY REFERENCES documents (seq),
    approved_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT
) STRICT;
CREATE TRIGGER document_approvals_stay BEFORE UPDATE ON document_approvals
BEGIN SELECT RAISE(ABORT, 'approvals are only added'); END;
CREATE TRIGGER document_approvals_remain BEFORE DELETE ON document_approvals
BEGIN SELECT RAISE(ABORT, 'approvals are only added'); END;

CREATE TABLE document_submissions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents (seq),
    -- The fact that says so.
    fact INTEGER NOT NULL REFERENCES facts (id),
    -- What was sent, and the receipt.
    file INTEGER NOT NULL REFERENCES document_files (seq),
    receipt INTEGER REFERENCES document_files (seq),
    correction INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX document_submissions_document ON document_submissions (document);
CREATE TRIGGER document_submissions_stay BEFORE UPDATE ON document_submissions
BEGIN SELECT RAISE(ABORT, 'submissions are only added'); END;
CREATE TRIGGER document_submissions_remain BEFORE DELETE ON document_submissions
BEGIN SELECT RAISE(ABORT, 'submissions are only added'); END;

-- What people decided about an incident's documents: `tlp`, `rsit`. The audit log has every version.
CREATE TABLE document_marks (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (incident, name)
) STRICT, WITHOUT ROWID;

-- Observables that may name a person, and whether somebody put them among the indicators.
CREATE TABLE observables (
    incident INTEGER NOT NULL REFERENCES incidents (seq),
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    included INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (incident, field, value)
) STRICT, WITHOUT ROWID;
