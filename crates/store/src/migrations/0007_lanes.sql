-- How often sends were put behind others of the lane: who settles those sees by it that there are new ones to be freed.
-- Counted on PostgreSQL alone.
ALTER TABLE addresses ADD COLUMN parked BIGINT NOT NULL DEFAULT 0;
