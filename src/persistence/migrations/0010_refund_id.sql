-- The provider's id of a refund that it has taken on and not made yet (refund_pending): what became of it is asked for by this.
SET LOCAL lock_timeout = '2s';
ALTER TABLE payments ADD COLUMN refund_id text COLLATE "C";
