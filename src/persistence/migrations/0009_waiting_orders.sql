-- Orders of an event whose row, or category, somebody else has locked: taken from the queue, so that they hold up no other
-- event's, and settled from here in their order when the lock is free.
CREATE TABLE waiting_orders (
  event_id       text COLLATE "C" NOT NULL,
  place          bigint GENERATED ALWAYS AS IDENTITY,  -- the order of acceptance
  order_id       uuid NOT NULL UNIQUE,
  category_id    text COLLATE "C" NOT NULL,
  quantity       integer NOT NULL,
  buyer_name     text NOT NULL,
  buyer_email    text COLLATE "C" NOT NULL,
  accepted_at    timestamptz NOT NULL,
  traceparent    text NOT NULL,
  payment_method text NOT NULL,
  id_layout      integer NOT NULL,
  -- What the buyer saw; all NULL where the order came by a message of version 1.
  price_amount   bigint,
  price_currency text,
  sale_opens_at  timestamptz,
  sale_closes_at timestamptz,
  max_per_buyer  integer,
  waits_since    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, place)
);
