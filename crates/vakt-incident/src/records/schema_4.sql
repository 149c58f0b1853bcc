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
-- Critical drafts and alerts, and clocks that are over, alone or among what was folded in: they go first, and do not
-- count for the rate.
ALTER TABLE deliveries ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
-- Of a notice with several recipients, those that have it: a JSON list. Another attempt is for the others.
ALTER TABLE deliveries ADD COLUMN taken TEXT;

-- Which of those that go on are told where there is no place for all: the highest.
ALTER TABLE firing ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
-- When the output was told last that it goes on; NULL: it never was.
ALTER TABLE firing ADD COLUMN told_at INTEGER;
-- Why it could not be told at the last attempt.
ALTER TABLE firing ADD COLUMN error TEXT;
UPDATE firing SET told_at = starts_at;
