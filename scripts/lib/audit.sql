-- Checks what ticketd promises against what the database holds: a line for each breach, or else a summary.
-- Run by scripts/lab audit, with the ledger's order ids below the \copy, and the variables
--   ledger                 what the ledger is called; empty if there is none
--   tolerance              seconds; see "first come, first served"
--   payments_were_off      true if orders may rightly have been confirmed without a payment
\set ON_ERROR_STOP on
\set QUIET on
SET work_mem = '256MB';

CREATE TEMP TABLE accepted (id uuid NOT NULL);
\copy accepted FROM stdin
CREATE TEMP TABLE breach (rule text NOT NULL, what text NOT NULL);

-- An amount as people write it. As src/domain/currency.cpp has it: a yen has no minor unit, a dinar one of three digits.
CREATE FUNCTION pg_temp.money(amount numeric, currency text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT round(amount / 10.0 ^ digits, digits) || ' ' || currency
  FROM (SELECT CASE WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
                    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
                    WHEN currency IN ('CLF', 'UYW') THEN 4 ELSE 2 END AS digits) d
$$;

-- One picture of everything: what is settled while the audit runs is no contradiction.
BEGIN ISOLATION LEVEL REPEATABLE READ;

-- Never oversold: the counters say what the orders say, and never more than there is.
INSERT INTO breach
SELECT 'never oversold', format('%s/%s: sold %s and held %s, but its orders say %s and %s (capacity %s)', c.event_id, c.id,
                                c.sold, c.held, o.sold, o.held, c.capacity)
FROM categories c,
     LATERAL (SELECT coalesce(sum(quantity) FILTER (WHERE status = 'confirmed'), 0) AS sold,
                     coalesce(sum(quantity) FILTER (WHERE status = 'reserved'), 0) AS held
              FROM orders WHERE event_id = c.event_id AND category_id = c.id) o
WHERE (c.sold, c.held) IS DISTINCT FROM (o.sold, o.held) OR o.sold + o.held > c.capacity;

-- Tickets: a code for each of a confirmed order's, and for no other's; no code twice.
INSERT INTO breach
SELECT 'tickets', format('order %s is %s for %s, and has %s tickets', id, status, quantity, tickets)
FROM (SELECT *, coalesce(cardinality(string_to_array(ticket_codes, ' ')), 0) AS tickets FROM orders) o
WHERE tickets <> CASE status WHEN 'confirmed' THEN quantity ELSE 0 END;
INSERT INTO breach
SELECT 'tickets', format('a code is on %s tickets, one of them of order %s', count(*), (array_agg(o.id))[1])
FROM orders o, unnest(string_to_array(o.ticket_codes, ' ')) AS code
GROUP BY code HAVING count(*) > 1;

-- Invoices: one for each confirmed order, with unbroken numbers within an event.
INSERT INTO breach
SELECT 'invoices', format('order %s is %s and has invoice %s', id, status, coalesce(invoice_no::text, 'none'))
FROM orders
WHERE (status = 'confirmed') <> (invoice_no IS NOT NULL);
INSERT INTO breach
SELECT 'invoices', format('%s has %s invoices, %s numbers from %s to %s, and says that the last is %s', e.id, i.invoices,
                          i.numbers, i.first, i.last, e.last_invoice)
FROM events e,
     LATERAL (SELECT count(invoice_no) AS invoices, count(DISTINCT invoice_no) AS numbers,
                     coalesce(min(invoice_no), 1) AS first, coalesce(max(invoice_no), 0) AS last
              FROM orders WHERE event_id = e.id) i
WHERE (i.invoices, i.numbers, i.first, i.last) IS DISTINCT FROM (e.last_invoice, e.last_invoice, 1, e.last_invoice);

-- Never twice, never for nothing: what was charged is a confirmed order and the other way round; what is reserved has a
-- payment under way, which ends with its hold; what stays of a payment is in doubt, or belongs back.
INSERT INTO breach
SELECT 'payments', format('order %s is %s%s, and its payment %s', o.id, o.status,
                          CASE WHEN o.payment_intent IS NULL THEN '' ELSE ', charged' END, coalesce(p.status::text, 'over'))
FROM orders o LEFT JOIN payments p ON p.order_id = o.id
WHERE CASE o.status
        WHEN 'confirmed' THEN p.order_id IS NOT NULL OR (o.payment_intent IS NOT NULL AND o.total_amount = 0)
                              OR (o.payment_intent IS NULL AND o.total_amount > 0 AND NOT :'payments_were_off'::boolean)
        WHEN 'reserved' THEN o.payment_intent IS NOT NULL OR p.status IS DISTINCT FROM 'pending' OR p.expires_at IS NULL
        WHEN 'expired' THEN o.payment_intent IS NOT NULL OR p.status IN ('succeeded', 'declined', 'canceled')
                            OR p.expires_at IS NOT NULL
        ELSE p.order_id IS NOT NULL OR o.payment_intent IS NOT NULL
      END;
INSERT INTO breach
SELECT 'payments', format('a payment of %s is of order %s, which does not exist', pg_temp.money(p.amount, p.currency), p.order_id)
FROM payments p LEFT JOIN orders o ON o.id = p.order_id
WHERE o.id IS NULL;
INSERT INTO breach
SELECT 'payments', format('the provider''s charge %s is of %s orders: %s', intent, count(*), string_agg(id::text, ', '))
FROM (SELECT id, payment_intent AS intent FROM orders
      UNION ALL SELECT order_id, intent_id FROM payments) c
WHERE intent IS NOT NULL
GROUP BY intent HAVING count(*) > 1;
INSERT INTO breach
SELECT 'payments', format('order %s is about %s, its payment about %s', o.id, pg_temp.money(o.total_amount, o.total_currency),
                          pg_temp.money(p.amount, p.currency))
FROM payments p JOIN orders o ON o.id = p.order_id
WHERE (p.amount, p.currency) IS DISTINCT FROM (o.total_amount, o.total_currency);

-- The limit a buyer: the highest that one of the orders was accepted under. (Where an order does not say, the event's of now:
-- an organiser who lowered it after the fact makes a breach here.)
INSERT INTO breach
SELECT 'limit', format('%s holds %s tickets of %s, where %s are allowed', o.buyer_email, sum(o.quantity), e.id,
                       max(coalesce(o.max_per_buyer, e.max_per_buyer)))
FROM orders o JOIN events e ON e.id = o.event_id
WHERE o.status IN ('reserved', 'confirmed')
GROUP BY e.id, o.buyer_email
HAVING sum(o.quantity) > max(coalesce(o.max_per_buyer, e.max_per_buyer));

-- Orders are for categories that there are, but for those that were refused because there is none.
INSERT INTO breach
SELECT 'categories', format('order %s is %s for %s/%s, which does not exist', o.id, o.status, o.event_id, o.category_id)
FROM orders o LEFT JOIN categories c ON (c.event_id, c.id) = (o.event_id, o.category_id)
WHERE c.id IS NULL AND o.reason IS DISTINCT FROM 'not_available';

-- First come, first served: nobody is refused as "sold out" after somebody who came later was given at least as many tickets.
-- Only what was settled before the refusal counts: tickets that were given back, or added, may go to whoever asks next.
-- "Later" is by more than the tolerance, because each replica stamps an order before it waits for others to share its
-- message and for the broker, so the streams of several replicas interleave. A replica that was paused for longer, and
-- an order that was replayed from the dead letters, do show up here.
INSERT INTO breach
SELECT 'first come, first served',
       format('order %s of %s was refused %s tickets of %s/%s, an order of %s had got as many', id, accepted_at, quantity,
              event_id, category_id, latest_served)
FROM (SELECT o.*, wanted,
             max(accepted_at) FILTER (WHERE status <> 'rejected' AND quantity >= wanted)
               OVER (PARTITION BY wanted, event_id, category_id ORDER BY settlement_no) AS latest_served
      FROM orders o, (SELECT DISTINCT quantity AS wanted FROM orders WHERE reason = 'sold_out') w) s
WHERE reason = 'sold_out' AND quantity = wanted
  AND latest_served > accepted_at + make_interval(secs => :'tolerance');

-- Never lost: whoever has read 202 has an order in a final state.
INSERT INTO breach
SELECT 'never lost', format('%s accepted orders are %s, e.g. %s', count(*), state, array_to_string((array_agg(id))[1:3], ', '))
FROM (SELECT DISTINCT a.id,
             CASE WHEN w.order_id IS NOT NULL THEN 'waiting for their event, which somebody holds'
                  WHEN o.id IS NULL THEN 'not in the database (still queued, or lost)'
                  ELSE 'not settled yet: reserved' END AS state
      FROM accepted a LEFT JOIN orders o ON o.id = a.id LEFT JOIN waiting_orders w ON w.order_id = a.id
      WHERE o.id IS NULL OR o.status = 'reserved') unsettled
GROUP BY state;

SELECT format('breach: %s: %s', rule, what) FROM breach ORDER BY 1 LIMIT 100;
SELECT format('breach: and %s more', count(*) - 100) FROM breach HAVING count(*) > 100;

SELECT EXISTS (SELECT FROM breach) AS is_breached \gset
\if :is_breached
\else
  SELECT 'every promise is kept';
  SELECT format('  orders    %s', coalesce(string_agg(format('%s %s', count, state), ', ' ORDER BY state), 'none'))
  FROM (SELECT count(*), CASE WHEN status = 'rejected' THEN 'rejected (' || reason || ')' ELSE status::text END AS state
        FROM orders GROUP BY 2) s;
  SELECT format('  tickets   %s', coalesce(sum(quantity), 0)) FROM orders WHERE status = 'confirmed';
  SELECT format('  invoices  %s over %s', count(*), pg_temp.money(sum(total_amount), total_currency))
  FROM orders WHERE invoice_no IS NOT NULL GROUP BY total_currency ORDER BY total_currency;
  SELECT format('  payments  %s', coalesce(string_agg(format('%s %s', count, state), ', ' ORDER BY state), 'none'))
  FROM (SELECT count(*), 'charged' AS state FROM orders WHERE payment_intent IS NOT NULL HAVING count(*) > 0
        UNION ALL SELECT count(*), status::text FROM payments GROUP BY status) s;
  SELECT format('  ledger    %s: %s accepted orders, all of them settled', :'ledger', count(DISTINCT id)) FROM accepted
  HAVING :'ledger' <> '';
\endif
-- Whatever else is broken.
SELECT format('  look at   %s: %s orders wait since %s, because somebody holds the event', event_id, count(*),
              min(waits_since))
FROM waiting_orders GROUP BY event_id ORDER BY event_id LIMIT 100;
-- No promise is broken, and yet a person must look: money that belongs back and is not.
SELECT format('  look at   the refund of order %s, %s: %s', order_id, pg_temp.money(amount, currency),
              CASE status WHEN 'refund_failed' THEN 'the provider refuses it'
                          ELSE format('%s since %s', CASE status WHEN 'refund_due' THEN 'due' ELSE 'pending' END,
                                      refund_due_since) END)
FROM payments
WHERE status = 'refund_failed'
   OR (status IN ('refund_due', 'refund_pending') AND refund_due_since < now() - interval '10 minutes')
ORDER BY order_id LIMIT 100;
-- A hold is over, and yet nobody knows whether its charge was made: its buyer waits for the answer.
SELECT format('  look at   the charge of order %s, %s: in doubt since %s', p.order_id, pg_temp.money(p.amount, p.currency),
              p.first_asked_at)
FROM payments p JOIN orders o ON o.id = p.order_id
WHERE o.status = 'expired' AND p.status = 'pending' AND p.first_asked_at < now() - interval '1 hour'
ORDER BY p.order_id LIMIT 100;
COMMIT;
