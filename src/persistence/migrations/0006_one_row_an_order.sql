-- One row an order: what was rows of its own (tickets, invoice, a payment that is over) becomes columns of it, and no index
-- but the primary key grows with every order that was ever sold. The rows that there are follow in 0007; nothing here scans or
-- rewrites a large table. Replicas and workers of the version before go on meanwhile: what they read and write of tickets and
-- invoices are views from now on.
SET LOCAL lock_timeout = '2s';

-- How an event's orders are numbered: see order_id_mint.hpp. Events keep what they have, and so do their orders.
ALTER TABLE events ADD COLUMN id_layout smallint NOT NULL DEFAULT 1 CHECK (id_layout IN (1, 2));

ALTER TABLE orders
  DROP CONSTRAINT only_a_reservation_is_on_hold,  -- the hold is its payment's: hold_expires_at is written no more
  ADD COLUMN id_layout smallint NOT NULL DEFAULT 1,
  -- Of a confirmed order: its invoice's number within the event (1, 2, 3 ...), its tickets' codes in the order of their
  -- ordinals, separated by spaces, and, where it cost something, the provider's id of the charge.
  ADD COLUMN invoice_no bigint,
  ADD COLUMN ticket_codes text COLLATE "C",
  ADD COLUMN payment_intent text COLLATE "C",
  SET (fillfactor = 75);  -- a paid order is updated once, in its page

-- A row from the reservation until the charge is over, and of a refund for good. What an order's row says afterwards is no
-- payment's: neither a key nor an id of the provider's has to be checked for each.
ALTER TABLE payments
  DROP CONSTRAINT payments_order_id_fkey,
  DROP CONSTRAINT payments_intent_id_key,
  ADD COLUMN expires_at timestamptz,      -- when the reservation's hold ends; NULL once it has ended
  ADD COLUMN first_asked_at timestamptz,  -- when the first attempt was claimed
  ADD COLUMN refund_due_since timestamptz;
-- What a worker of the version before reserves from here on.
ALTER TABLE payments ALTER COLUMN expires_at SET DEFAULT now() + interval '15 minutes';
ALTER TYPE payment_status ADD VALUE 'refund_pending' BEFORE 'refunded';

ALTER TABLE tickets RENAME TO tickets_before;
ALTER TABLE invoices RENAME TO invoices_before;

CREATE VIEW tickets AS
  SELECT order_id, ordinal, code FROM tickets_before
  UNION ALL
  SELECT o.id, t.ordinal::integer, t.code
  FROM orders o, unnest(string_to_array(o.ticket_codes, ' ')) WITH ORDINALITY AS t (code, ordinal);

CREATE VIEW invoices AS
  SELECT event_id, number, order_id, amount, currency, issued_at FROM invoices_before
  UNION ALL
  SELECT event_id, invoice_no, id, total_amount, total_currency, updated_at FROM orders WHERE invoice_no IS NOT NULL;

-- What a worker of the version before writes.
CREATE FUNCTION add_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE orders SET ticket_codes = concat_ws(' ', ticket_codes, NEW.code) WHERE id = NEW.order_id;
  RETURN NEW;
END $$;
CREATE TRIGGER add_ticket INSTEAD OF INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION add_ticket();

CREATE FUNCTION add_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE orders SET invoice_no = NEW.number WHERE id = NEW.order_id;
  RETURN NEW;
END $$;
CREATE TRIGGER add_invoice INSTEAD OF INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION add_invoice();

CREATE FUNCTION end_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE orders SET payment_intent = NEW.intent_id WHERE id = NEW.order_id AND NEW.status = 'succeeded';
  DELETE FROM payments WHERE order_id = NEW.order_id;
  RETURN NULL;
END $$;
CREATE TRIGGER end_payment AFTER UPDATE OF status ON payments
  FOR EACH ROW WHEN (NEW.status IN ('succeeded', 'declined', 'canceled')) EXECUTE FUNCTION end_payment();

-- Called by 0007. Commits after each step, so that it goes on where it stopped, and holds no row for long.
CREATE PROCEDURE carry_over() LANGUAGE plpgsql AS $$
DECLARE
  step constant integer := 2000;
  done integer;
  last uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  LOOP
    WITH batch AS MATERIALIZED (
      SELECT order_id, number FROM invoices_before ORDER BY event_id, number LIMIT step FOR UPDATE),
    gone AS (DELETE FROM invoices_before WHERE order_id = ANY (ARRAY(SELECT order_id FROM batch))),
    printed AS (DELETE FROM tickets_before WHERE order_id = ANY (ARRAY(SELECT order_id FROM batch))
                RETURNING order_id, ordinal, code),
    codes AS (SELECT order_id, string_agg(code, ' ' ORDER BY ordinal) AS codes FROM printed GROUP BY order_id)
    UPDATE orders o SET invoice_no = batch.number, ticket_codes = codes.codes
    FROM batch LEFT JOIN codes USING (order_id)
    WHERE o.id = batch.order_id;
    GET DIAGNOSTICS done = ROW_COUNT;
    COMMIT;
    EXIT WHEN done = 0;
  END LOOP;
  LOOP
    -- What is over goes; what is not keeps its row, with the hold that its order had.
    WITH batch AS MATERIALIZED (
      SELECT order_id, status, intent_id FROM payments WHERE order_id > last ORDER BY order_id LIMIT step FOR UPDATE),
    over AS (DELETE FROM payments WHERE order_id = ANY (ARRAY(
               SELECT order_id FROM batch WHERE status IN ('succeeded', 'declined', 'canceled')))),
    paid AS (UPDATE orders o SET payment_intent = batch.intent_id FROM batch
             WHERE o.id = batch.order_id AND batch.status = 'succeeded'),
    going_on AS (
      UPDATE payments p
      SET expires_at = CASE o.status WHEN 'reserved' THEN coalesce(p.expires_at, o.hold_expires_at, now()) END,
          due_at = CASE WHEN p.status IN ('refunded', 'refund_failed') THEN 'infinity' ELSE p.due_at END,
          first_asked_at = CASE WHEN p.attempts > 0 THEN o.accepted_at END,
          refund_due_since = CASE WHEN p.status IN ('refund_due', 'refunded', 'refund_failed') THEN p.updated_at END
      FROM batch JOIN orders o ON o.id = batch.order_id
      WHERE p.order_id = batch.order_id AND batch.status NOT IN ('succeeded', 'declined', 'canceled'))
    -- No max() of uuids before PostgreSQL 18.
    SELECT (SELECT count(*) FROM batch), (SELECT order_id FROM batch ORDER BY order_id DESC LIMIT 1) INTO done, last;
    COMMIT;
    EXIT WHEN done = 0;
  END LOOP;
END $$;
