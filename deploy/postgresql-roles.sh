#!/usr/bin/env bash
# Run once by the image of PostgreSQL, when it has made the database: who may come in, and as what. The superuser has no
# password afterwards, so that nobody is it but by the socket inside the container.
set -euo pipefail
psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\getenv owner_password TICKETD_DATABASE_OWNER_PASSWORD
\getenv password TICKETD_DATABASE_PASSWORD
CREATE ROLE ticketd LOGIN PASSWORD :'password';
CREATE ROLE ticketd_owner LOGIN PASSWORD :'owner_password' IN ROLE ticketd;
ALTER DATABASE ticketd OWNER TO ticketd_owner;
\i /etc/ticketd/postgresql-privileges.sql
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
