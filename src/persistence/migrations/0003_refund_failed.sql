-- A refund that the provider refuses is a state of its own, for a person to look at; until now it was taken for declined.
ALTER TYPE payment_status ADD VALUE 'refund_failed';
