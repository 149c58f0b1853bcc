-- What a report said, corrections and approvals, and incidents that are part of others.
ALTER TABLE facts ADD COLUMN fields TEXT;
ALTER TABLE facts ADD COLUMN revises INTEGER REFERENCES facts (id);
ALTER TABLE facts ADD COLUMN approves INTEGER REFERENCES facts (id);
-- The id of the other incident of `merged` and `split`.
ALTER TABLE facts ADD COLUMN into_incident TEXT;
CREATE INDEX facts_into ON facts (into_incident, fact) WHERE into_incident IS NOT NULL;

-- The data that deadlines were computed with, each text once.
CREATE TABLE regimes_data (
    hash TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    first_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER regimes_data_stays BEFORE UPDATE ON regimes_data
BEGIN SELECT RAISE(ABORT, 'data of regimes is only added'); END;
CREATE TRIGGER regimes_data_remains BEFORE DELETE ON regimes_data
BEGIN SELECT RAISE(ABORT, 'data of regimes is only added'); END;
