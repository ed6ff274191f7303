-- What came in and could not be used, for people to look at: parts of webhooks that could not be read, and events on
-- which no turn could be taken. These can be tried again, so they hold all that a turn needs.
CREATE TABLE kept (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  problem TEXT NOT NULL,
  body BYTEA NOT NULL,
  -- The id of the event; empty for a webhook. An event that fails again is one row, not two.
  event TEXT UNIQUE,
  address TEXT,
  tries BIGINT NOT NULL
);
INSERT INTO kept (id, workspace, environment, channel, at, problem, body, tries)
  SELECT id, workspace, environment, channel, at, problem, body, 0 FROM kept_webhooks;
DROP TABLE kept_webhooks;
CREATE INDEX kept_by_environment ON kept (workspace, environment, id);
CREATE INDEX kept_by_age ON kept (workspace, environment, at);
