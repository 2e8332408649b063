-- outside a transaction
-- An index that is built beside a running sale cannot be built within a transaction; nor can rows be carried over in steps.
-- Each statement is one of its own, and may be run again.
SET enable_hashjoin = on;
CALL carry_over();
DROP INDEX CONCURRENTLY IF EXISTS orders_of_buyer_before;
-- The limit a buyer, of events whose ids do not lead there. Nothing in it changes with an order's state, so that an update
-- stays within its page (HOT).
CREATE INDEX CONCURRENTLY orders_of_buyer_before ON orders (event_id, buyer_email) WHERE id_layout = 1;
DROP INDEX CONCURRENTLY IF EXISTS orders_of_buyer;
DROP INDEX CONCURRENTLY IF EXISTS orders_on_hold;
DROP INDEX CONCURRENTLY IF EXISTS payments_due_at;
CREATE INDEX CONCURRENTLY payments_due_at ON payments (due_at);
DROP INDEX CONCURRENTLY IF EXISTS payments_due;
DROP INDEX CONCURRENTLY IF EXISTS payments_expires_at;
CREATE INDEX CONCURRENTLY payments_expires_at ON payments (expires_at) WHERE expires_at IS NOT NULL;
