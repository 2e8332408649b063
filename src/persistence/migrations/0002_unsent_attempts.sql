-- Of a payment's attempts, the first so many certainly did not reach the provider. While that is all of them, nothing can
-- have been charged, and the payment may end with its hold. A number, not a flag: recorded twice, it says the same.
ALTER TABLE payments
  ADD COLUMN unsent_attempts integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT unsent_are_attempts CHECK (unsent_attempts BETWEEN 0 AND attempts);
