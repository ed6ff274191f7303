-- The last message position at the address, once the session that was present left after its time.
ALTER TABLE addresses ADD COLUMN position BIGINT NOT NULL DEFAULT 0;

-- What leaves after its time is found by when it ended.
CREATE INDEX sessions_by_end ON sessions (workspace, environment, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX audit_by_age ON audit (workspace, at);
CREATE INDEX channel_log_by_age ON channel_log (workspace, environment, at);

-- SQLite keeps remembered events in the order of their ids and removes them by that; see hot/prune/events.rs.
DROP INDEX remembered_events_by_age; /*+ sqlite */
