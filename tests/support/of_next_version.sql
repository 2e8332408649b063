-- outside a transaction
-- What the next version may bring, by the rules of a migration (CONTRIBUTING.md): a column that nobody writes yet, an index
-- that is built beside the sale, a table of its own. What stands in one line is one transaction.
SET LOCAL lock_timeout = '2s'; ALTER TABLE orders ADD COLUMN IF NOT EXISTS of_next_version text;
DROP INDEX CONCURRENTLY IF EXISTS orders_of_next_version;
CREATE INDEX CONCURRENTLY orders_of_next_version ON orders (of_next_version) WHERE of_next_version IS NOT NULL;
CREATE TABLE IF NOT EXISTS of_next_version (order_id uuid PRIMARY KEY);
