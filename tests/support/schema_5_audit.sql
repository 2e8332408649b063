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

-- Tickets: those of confirmed orders, numbered from 1 to the quantity, and no others.
INSERT INTO breach
SELECT 'tickets', format('order %s is %s for %s, and has %s tickets', o.id, o.status, o.quantity, coalesce(t.tickets, 0))
FROM orders o
LEFT JOIN (SELECT order_id, count(*) AS tickets, max(ordinal) AS last FROM tickets GROUP BY order_id) t ON t.order_id = o.id
WHERE CASE WHEN o.status = 'confirmed' THEN (t.tickets, t.last) IS DISTINCT FROM (o.quantity::bigint, o.quantity)
           ELSE t.order_id IS NOT NULL END;

-- Invoices: one for each confirmed order, over its total, with unbroken numbers within an event.
INSERT INTO breach
SELECT 'invoices', format('order %s is %s and has invoice %s', o.id, o.status, coalesce(i.number::text, 'none'))
FROM orders o LEFT JOIN invoices i ON i.order_id = o.id
WHERE (o.status = 'confirmed') <> (i.order_id IS NOT NULL);
INSERT INTO breach
SELECT 'invoices', format('invoice %s of %s is about %s %s, its order %s about %s %s', i.number, i.event_id, i.amount,
                          i.currency, o.id, o.total_amount, o.total_currency)
FROM invoices i JOIN orders o ON o.id = i.order_id
WHERE (i.event_id, i.amount, i.currency) IS DISTINCT FROM (o.event_id, o.total_amount, o.total_currency);
INSERT INTO breach
SELECT 'invoices', format('%s has %s invoices, up to number %s, and says that the last is %s', e.id, i.count, i.last, e.last_invoice)
FROM events e,
     LATERAL (SELECT count(*), coalesce(max(number), 0) AS last FROM invoices WHERE event_id = e.id) i
WHERE i.count <> e.last_invoice OR i.last <> e.last_invoice;

-- Never twice, never for nothing: a succeeded payment is a confirmed order and the other way round. (That there is at
-- most one payment an order, and one order an intent, are constraints.)
INSERT INTO breach
SELECT 'payments', format('order %s is %s and its payment %s', o.id, o.status, coalesce(p.status::text, 'missing'))
FROM orders o LEFT JOIN payments p ON p.order_id = o.id
WHERE CASE
        WHEN p.order_id IS NOT NULL THEN (o.status = 'confirmed') <> (p.status = 'succeeded')
                                      OR (o.status = 'payment_failed' AND p.status <> 'declined')
                                      OR (p.status = 'declined' AND o.status NOT IN ('payment_failed', 'expired'))
                                      OR o.status = 'rejected'
        WHEN o.total_amount = 0 OR o.status = 'rejected' THEN false
        WHEN o.status = 'confirmed' THEN NOT :'payments_were_off'::boolean
        ELSE true
      END;
INSERT INTO breach
SELECT 'payments', format('order %s is about %s %s, its payment about %s %s', o.id, o.total_amount, o.total_currency,
                          p.amount, p.currency)
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

-- First come, first served: nobody is told "sold out" after somebody who came later was given at least as many tickets.
-- Only what was settled before the refusal counts: tickets that were given back, or added, may go to whoever asks next.
-- "Later" is by more than the tolerance, because each replica stamps an order before it waits for company and for the
-- broker, so the streams of several replicas interleave. A replica that was paused for longer, and an order that was
-- replayed from the dead letters, do show up here.
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
             CASE WHEN o.id IS NULL THEN 'not in the database (still queued, or lost)' ELSE 'not settled yet: reserved' END AS state
      FROM accepted a LEFT JOIN orders o ON o.id = a.id
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
  SELECT format('  tickets   %s', count(*)) FROM tickets;
  -- As src/domain/currency.cpp has it: a yen has no minor unit, a dinar one of three digits.
  SELECT format('  invoices  %s over %s %s', count(*), round(sum(amount) / 10.0 ^ digits, digits), currency)
  FROM (SELECT amount, currency,
         CASE WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
              WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
              WHEN currency IN ('CLF', 'UYW') THEN 4 ELSE 2 END AS digits
        FROM invoices) i
  GROUP BY currency, digits ORDER BY currency;
  SELECT format('  payments  %s', coalesce(string_agg(format('%s %s', count, status), ', ' ORDER BY status), 'none'))
  FROM (SELECT count(*), status FROM payments GROUP BY status) s;
  -- No promise is broken, and yet a person must look: money that belongs back and is not.
  SELECT format('  look at   the refund of order %s, %s %s: %s', order_id, amount, currency,
                CASE status WHEN 'refund_failed' THEN 'the provider refuses it' ELSE 'due since ' || updated_at END)
  FROM payments
  WHERE status = 'refund_failed' OR (status = 'refund_due' AND updated_at < now() - interval '10 minutes')
  ORDER BY order_id LIMIT 100;
  SELECT format('  ledger    %s: %s accepted orders, all of them settled', :'ledger', count(DISTINCT id)) FROM accepted
  HAVING :'ledger' <> '';
\endif
COMMIT;
