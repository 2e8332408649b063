-- What the role ticketd, as which replicas and workers come, may do in its database: read and write rows. It makes,
-- changes and empties no table; that is for ticketd_owner, as whom `ticketd --migrate` is run. Both roles are there, and
-- ticketd_owner owns the database. May be run again. By a superuser, or by ticketd_owner.
GRANT USAGE ON SCHEMA public TO ticketd;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, ticketd;
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
-- What the migrations have made already, and what they are going to make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ticketd;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ticketd;
ALTER DEFAULT PRIVILEGES FOR ROLE ticketd_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ticketd;
ALTER DEFAULT PRIVILEGES FOR ROLE ticketd_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO ticketd;
