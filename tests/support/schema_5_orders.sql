-- Frozen: orders in every state, as the schema of migration 5 keeps them, 10,000 of them confirmed. Never to be changed.
INSERT INTO events (id, name, venue, starts_at, sale_opens_at, sale_closes_at, max_per_buyer, last_invoice)
VALUES ('gig', 'Gig', 'Hall', now() + interval '2 days', now() - interval '1 day', now() + interval '1 day', 4, 10002);
INSERT INTO categories (event_id, id, position, name, price_amount, price_currency, capacity, sold, held)
VALUES ('gig', 'standing', 1, 'Standing', 50000, 'TRY', 30000, 20002, 3), ('gig', 'free', 2, 'Free', 0, 'TRY', 10, 1, 0);

CREATE FUNCTION pg_temp.make(name text, category text, tickets integer, status order_status, reason text, payment payment_status,
                             asked integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  id uuid := gen_random_uuid();
  price bigint := CASE category WHEN 'free' THEN 0 ELSE 50000 END;
BEGIN
  INSERT INTO orders (id, event_id, category_id, quantity, buyer_name, buyer_email, status, reason, total_amount,
                      total_currency, accepted_at, hold_expires_at, max_per_buyer)
  VALUES (id, 'gig', category, tickets, name, name || '@example.com', status, reason, price * tickets, 'TRY',
          now() - interval '1 minute', CASE status WHEN 'reserved' THEN now() + interval '5 minutes' END, 4);
  IF payment IS NOT NULL THEN
    INSERT INTO payments (order_id, amount, currency, status, intent_id, attempts, due_at)
    VALUES (id, price * tickets, 'TRY', payment,
            CASE WHEN payment IN ('succeeded', 'refund_due', 'refunded', 'refund_failed') THEN 'pi_' || name END,
            asked, now());
  END IF;
  RETURN id;
END $$;

CREATE FUNCTION pg_temp.confirm(id uuid, tickets integer, number bigint, amount bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO tickets (order_id, ordinal, code) SELECT id, g, upper(left(md5(id::text || g), 16)) FROM generate_series(1, tickets) g;
  INSERT INTO invoices (event_id, number, order_id, amount, currency) VALUES ('gig', number, id, amount, 'TRY');
$$;

SELECT pg_temp.confirm(pg_temp.make('paid' || g, 'standing', 2, 'confirmed', NULL, 'succeeded', 1), 2, g, 100000)
FROM generate_series(1, 10000) g;
SELECT pg_temp.confirm(pg_temp.make('twice', 'standing', 2, 'confirmed', NULL, 'succeeded', 3), 2, 10001, 100000);
SELECT pg_temp.confirm(pg_temp.make('free', 'free', 1, 'confirmed', NULL, NULL, 0), 1, 10002, 0);
SELECT pg_temp.make('refused', 'standing', 1, 'rejected', 'limit_exceeded', NULL, 0);
SELECT pg_temp.make('unavailable', 'gone', 1, 'rejected', 'not_available', NULL, 0);
SELECT pg_temp.make('declined', 'standing', 1, 'payment_failed', 'payment_declined', 'declined', 1);
SELECT pg_temp.make('never_asked', 'standing', 1, 'expired', 'hold_expired', 'canceled', 0);
SELECT pg_temp.make('late_no', 'standing', 1, 'expired', 'hold_expired', 'declined', 2);
SELECT pg_temp.make('in_doubt', 'standing', 1, 'expired', 'hold_expired', 'pending', 2);
SELECT pg_temp.make('refund_due', 'standing', 1, 'expired', 'hold_expired', 'refund_due', 2);
SELECT pg_temp.make('refunded', 'standing', 1, 'expired', 'hold_expired', 'refunded', 2);
SELECT pg_temp.make('refund_failed', 'standing', 1, 'expired', 'hold_expired', 'refund_failed', 2);
SELECT pg_temp.make('waiting', 'standing', 1, 'reserved', NULL, 'pending', 0);
SELECT pg_temp.make('claimed', 'standing', 2, 'reserved', NULL, 'pending', 1);
