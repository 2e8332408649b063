-- An accepted order always ends in a row that its buyer can read, also one whose event or category is gone: so orders no
-- longer refer to categories by a key of the database's (the settler reads the category under its lock, and the audit
-- looks afterwards), and have a reason for it. What was settled before satisfies the new constraint, which only widens the
-- old one, so nothing is scanned under the lock.
SET LOCAL lock_timeout = '5s';
ALTER TABLE orders
  DROP CONSTRAINT orders_event_id_category_id_fkey,
  DROP CONSTRAINT reason_fits_status,
  ADD CONSTRAINT reason_fits_status CHECK (
    CASE status
      WHEN 'rejected' THEN reason IN ('sold_out', 'limit_exceeded', 'sale_not_open', 'sale_closed', 'not_available')
      WHEN 'payment_failed' THEN reason = 'payment_declined'
      WHEN 'expired' THEN reason = 'hold_expired'
      ELSE reason IS NULL
    END IS TRUE) NOT VALID,
  -- The limit that the buyer saw; none where the order came by a message of version 1.
  ADD COLUMN max_per_buyer integer;
