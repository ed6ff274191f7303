-- The processes that work on this database. Each raises its count about once a second; one whose count stands still is
-- dead, and others end its leases. No clocks are compared.
CREATE TABLE processes (
  id TEXT NOT NULL PRIMARY KEY,
  beats BIGINT NOT NULL
) /*+ clustered */;

-- The state in which a leased effect was taken, to be given back in; empty for one that its commit leased.
ALTER TABLE effects ADD COLUMN taken_from TEXT;
