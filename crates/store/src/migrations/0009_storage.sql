-- How PostgreSQL keeps tables that are written all the time.

-- Room in each page, so that a row that is written again stays in it.
ALTER TABLE addresses SET (fillfactor = 80); /*+ postgres */
ALTER TABLE statistics SET (fillfactor = 80); /*+ postgres */
-- Rows that come and go: swept when some thousands have gone, not when a fifth of the table has.
ALTER TABLE effects SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); /*+ postgres */
ALTER TABLE own_events SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); /*+ postgres */
ALTER TABLE timers SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); /*+ postgres */
ALTER TABLE statistics_deltas SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); /*+ postgres */
-- Large, and written all the time: swept a small part at a time, so that a sweep is short.
ALTER TABLE sessions SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05); /*+ postgres */
ALTER TABLE messages SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05); /*+ postgres */
-- A day's events leave a few at a time, from the oldest on: their pages are to be used again soon.
ALTER TABLE remembered_events SET (autovacuum_vacuum_scale_factor = 0.02); /*+ postgres */
