-- outside a transaction
-- Payments whose hold is running are claimed before those that nobody has been asked about yet, however many these are.
DROP INDEX CONCURRENTLY IF EXISTS payments_due_on_hold;
CREATE INDEX CONCURRENTLY payments_due_on_hold ON payments (due_at) WHERE attempts > 0 AND expires_at IS NOT NULL;
