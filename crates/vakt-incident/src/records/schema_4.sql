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
