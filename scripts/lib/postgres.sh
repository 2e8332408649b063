# shellcheck shell=bash
# The service db: a PostgreSQL cluster of the lab's own.

postgres_bin() {
  local -a found
  mapfile -t found < <(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V)
  [[ -x ${found[-1]} ]] || die 'PostgreSQL is not installed'
  dirname "${found[-1]}"
}

# The prefix for everything that works on the cluster's files. PostgreSQL refuses to run as root; and where the lab is
# below a directory that the user postgres may not enter (/root), it gets the capability to pass through, and no more.
postgres_user() {
  [[ $EUID == 0 ]] || return 0
  local -a prefix=(setpriv --reuid=postgres --regid=postgres --init-groups)
  "${prefix[@]}" test -x "$lab_dir" || prefix+=(--inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
  echo "${prefix[@]}"
}

# A lab of 0.1 has one user for everything, and nobody who could make another.
check_owner() {
  [[ -e $lab_dir/db/has-owner ]] ||
    die "the database here was made by an older scripts/lab, without an owner beside ticketd: scripts/lab down --wipe forgets it"
}

# Made aside and moved into place when it is whole: an interrupted up leaves nothing half-made.
make_cluster() {
  local cluster=$lab_dir/db/data log=$lab_dir/logs/initdb.log bin database
  if [[ -d $cluster ]]; then
    check_owner
    return
  fi
  bin=$(postgres_bin)
  rm -rf "$cluster.new"
  mkdir -m 700 "$cluster.new"
  [[ $EUID != 0 ]] || chown postgres: "$cluster.new"
  # shellcheck disable=SC2046  # the prefix is several words
  (
    cd "$cluster.new"
    $(postgres_user) "$bin/initdb" -D "$cluster.new" -U postgres --auth=reject --locale=C.UTF-8 --encoding=UTF8 --no-instructions
    # Without a server, so that there is no moment in which one of them has no password. CREATEDB is for tests, which make
    # databases of their own.
    $(postgres_user) "$bin/postgres" --single -j -D "$cluster.new" postgres <<SQL
ALTER ROLE postgres PASSWORD '$(secret db-superuser-password)';

CREATE ROLE ticketd LOGIN PASSWORD '$(secret db-password)';

CREATE ROLE ticketd_owner LOGIN CREATEDB PASSWORD '$(secret db-owner-password)' IN ROLE ticketd;

CREATE DATABASE ticketd OWNER ticketd_owner;

SQL
    # The template too, for databases that are made anew, whoever makes them.
    for database in ticketd template1; do
      $(postgres_user) "$bin/postgres" --single -j -D "$cluster.new" "$database" <<SQL
$(cat "$checkout/deploy/postgresql-privileges.sql")

GRANT CREATE ON SCHEMA public TO ticketd_owner;

SQL
    done
  ) >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    die "the database cluster cannot be made: the whole log is $log"
  }
  mv "$cluster.new" "$cluster"
  : >"$lab_dir/db/has-owner"
}

configure_db() {
  # For the largest lab, so that another phase does not restart the database.
  local pools=$(((replicas_max + workers_max) * ${TICKETD_DATABASE_CONNECTIONS:-8}))
  make_cluster
  write_file "$lab_dir/db/pg_hba.conf" 644 <<'CONF'
# Written by scripts/lab up.
host all postgres,ticketd,ticketd_owner 127.0.0.1/32 scram-sha-256
CONF
  write_file "$lab_dir/db/postgresql.conf" 644 <<CONF
# Written by scripts/lab up.
listen_addresses = '127.0.0.1'
port = $(port_of db)
unix_socket_directories = ''        # the lab's path may be too long for one, and TCP is what ticketd uses
hba_file = '$lab_dir/db/pg_hba.conf'
$(cat "$checkout/deploy/postgresql.conf")
max_connections = $((pools + 60))   # every pool in full, and room for psql, the audit and the tests
CONF
  {
    run_header db
    echo "exec $(postgres_user) $(postgres_bin)/postgres -D $lab_dir/db/data -c config_file=$lab_dir/db/postgresql.conf"
  } | write_file "$lab_dir/db/run" 700
}

# PostgreSQL will not start while the process that its lock file names exists, be it a zombie that init has not reaped
# yet. Nobody works in the cluster's directory when this is called, so nobody holds the lock.
forget_dead_postmaster() { rm -f "$lab_dir/db/data/postmaster.pid"; }

probe_db() { "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$(port_of db)" -d ticketd -U ticketd_owner -t 2; }

# psql as the cluster's superuser; the password goes by the environment, not by the command line, which everybody can read.
lab_psql() {
  PGPASSWORD=$(secret db-superuser-password) PGCONNECT_TIMEOUT=5 PGAPPNAME="scripts/lab" PGDATABASE=ticketd \
    "$(postgres_bin)/psql" -X -h 127.0.0.1 -p "$(port_of db)" -U postgres "$@"
}

# Before any role is started, as these may not.
migrate_schema() {
  check_owner
  TICKETD_MIGRATIONS_URL=$(owner_url) "$(ticketd_binary)" --migrate >"$lab_dir/logs/migrate.log" 2>&1 || {
    tail -n 5 "$lab_dir/logs/migrate.log" >&2
    die "the schema is not up to date: the whole log is $lab_dir/logs/migrate.log"
  }
}
