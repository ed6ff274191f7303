-- The deadline that passed, while the expiry is on its way: time that was given back is in no other place.
ALTER TABLE sessions ADD COLUMN expiring_at BIGINT;
