-- The system for whose room an effect waits, apart from what is due.
ALTER TABLE effects ADD COLUMN waits_for TEXT;
DROP INDEX effects_by_due;
CREATE INDEX effects_by_due ON effects (due_at) WHERE due_at IS NOT NULL AND waits_for IS NULL;
CREATE INDEX effects_waiting ON effects (waits_for, due_at) WHERE waits_for IS NOT NULL;
