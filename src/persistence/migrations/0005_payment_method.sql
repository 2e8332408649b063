-- What the provider is to charge, where the purchase says; without one the setting's.
SET LOCAL lock_timeout = '5s';
ALTER TABLE payments ADD COLUMN payment_method text;
