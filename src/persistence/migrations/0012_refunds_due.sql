-- outside a transaction
-- Refunds are claimed by themselves, twice a second: not to be looked for among all the charges that are due.
DROP INDEX CONCURRENTLY IF EXISTS payments_refunds_due;
CREATE INDEX CONCURRENTLY payments_refunds_due ON payments (due_at) WHERE status IN ('refund_due', 'refund_pending');
