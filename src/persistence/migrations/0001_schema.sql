-- The whole schema: events and their categories, orders, tickets, payments, invoices.
-- Money is in minor units of an ISO 4217 currency. Constraints state what must never be, the last line of defence
-- behind the code; oversell first of all.
-- Ids and email addresses are compared byte by byte (COLLATE "C"): that is what the code does, whatever the locale of
-- the database, and it is several times as fast as a language's order.

CREATE TABLE events (
  id             text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  name           text NOT NULL CHECK (name <> ''),
  venue          text NOT NULL CHECK (venue <> ''),
  starts_at      timestamptz NOT NULL,
  sale_opens_at  timestamptz NOT NULL,
  sale_closes_at timestamptz NOT NULL,
  max_per_buyer  integer NOT NULL CHECK (max_per_buyer > 0),
  -- Grows with every committed change to what a reader sees: of two readings the newer is known without a clock.
  revision       bigint NOT NULL DEFAULT 1,
  -- Invoice numbers are unbroken within an event, so they cannot come from a sequence (which leaves gaps).
  last_invoice   bigint NOT NULL DEFAULT 0 CHECK (last_invoice >= 0),
  CONSTRAINT sale_window_is_a_span CHECK (sale_opens_at < sale_closes_at)
) WITH (fillfactor = 50);

CREATE TABLE categories (
  event_id       text COLLATE "C" NOT NULL REFERENCES events,
  id             text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  position       integer NOT NULL,  -- as the organiser listed them
  name           text NOT NULL CHECK (name <> ''),
  price_amount   bigint NOT NULL CHECK (price_amount >= 0),
  price_currency text NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
  capacity       integer NOT NULL CHECK (capacity >= 0),
  sold           integer NOT NULL DEFAULT 0,  -- tickets of confirmed orders
  held           integer NOT NULL DEFAULT 0,  -- tickets of reserved orders
  -- No longer offered. The row stays: orders that were refused here still name it.
  is_retired     boolean NOT NULL DEFAULT false,
  PRIMARY KEY (event_id, id),
  CONSTRAINT never_oversold CHECK (sold >= 0 AND held >= 0 AND sold + held <= capacity)
) WITH (fillfactor = 50);  -- updated in place by every batch: room for HOT updates

CREATE TYPE order_status AS ENUM ('reserved', 'confirmed', 'rejected', 'payment_failed', 'expired');

CREATE TABLE orders (
  id              uuid PRIMARY KEY,
  -- The order in which orders were settled: within a category, the order of acceptance.
  settlement_no   bigint GENERATED ALWAYS AS IDENTITY,
  event_id        text COLLATE "C" NOT NULL,
  category_id     text COLLATE "C" NOT NULL,
  quantity        integer NOT NULL CHECK (quantity > 0),
  buyer_name      text NOT NULL,
  -- Lowered in ASCII alone, as canonical_email() does: lower() follows the collation.
  buyer_email     text COLLATE "C" NOT NULL CHECK (buyer_email = lower(buyer_email)),
  status          order_status NOT NULL,
  reason          text,
  total_amount    bigint NOT NULL CHECK (total_amount >= 0),
  total_currency  text NOT NULL,
  accepted_at     timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  hold_expires_at timestamptz,
  FOREIGN KEY (event_id, category_id) REFERENCES categories (event_id, id),
  CONSTRAINT reason_fits_status CHECK (
    CASE status
      WHEN 'rejected' THEN reason IN ('sold_out', 'limit_exceeded', 'sale_not_open', 'sale_closed')
      WHEN 'payment_failed' THEN reason = 'payment_declined'
      WHEN 'expired' THEN reason = 'hold_expired'
      ELSE reason IS NULL
    END IS TRUE),
  CONSTRAINT only_a_reservation_is_on_hold CHECK ((status = 'reserved') = (hold_expires_at IS NOT NULL))
);
CREATE INDEX orders_of_buyer ON orders (event_id, buyer_email) WHERE status IN ('reserved', 'confirmed');
CREATE INDEX orders_on_hold ON orders (hold_expires_at) WHERE status = 'reserved';

CREATE TABLE tickets (
  order_id uuid NOT NULL REFERENCES orders,
  ordinal  integer NOT NULL CHECK (ordinal > 0),  -- 1 to the order's quantity
  code     text COLLATE "C" NOT NULL UNIQUE,
  PRIMARY KEY (order_id, ordinal)
);

-- pending: not sent yet, or the outcome is unknown. canceled: never sent, and never will be.
-- refund_due: the charge succeeded after its hold had expired, and nothing was left.
CREATE TYPE payment_status AS ENUM ('pending', 'succeeded', 'declined', 'canceled', 'refund_due', 'refunded');

-- One row an order that costs something, written with the reservation: at most one charge an order.
CREATE TABLE payments (
  order_id    uuid PRIMARY KEY REFERENCES orders,
  amount      bigint NOT NULL CHECK (amount > 0),
  currency    text NOT NULL,
  status      payment_status NOT NULL DEFAULT 'pending',
  intent_id   text UNIQUE,  -- the provider's id of the charge
  attempts    integer NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,  -- when the payment stage may pick it up; moved on by a lease, and by a retry
  traceparent text,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT charged_has_an_intent CHECK (status NOT IN ('succeeded', 'refund_due', 'refunded') OR intent_id IS NOT NULL)
);
CREATE INDEX payments_due ON payments (due_at) WHERE status IN ('pending', 'refund_due');

-- That the event exists follows from the order, whose key leads there: a foreign key of its own would only be one more
-- look-up for each order.
CREATE TABLE invoices (
  event_id  text COLLATE "C" NOT NULL,
  number    bigint NOT NULL CHECK (number > 0),  -- 1, 2, 3 ... within the event
  order_id  uuid NOT NULL UNIQUE REFERENCES orders,
  amount    bigint NOT NULL CHECK (amount >= 0),
  currency  text NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, number)
);
