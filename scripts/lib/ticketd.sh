# shellcheck shell=bash
# The services that are ticketd itself: api-N, worker-N and payments.

ticketd_binary() { realpath -m -- "${TICKETD_LAB_BINARY:-$checkout/build/release/roles/ticketd}"; }

build_ticketd() {
  if [[ -z ${TICKETD_LAB_BINARY:-} ]]; then
    build_release
  else
    [[ -x $TICKETD_LAB_BINARY ]] || die "TICKETD_LAB_BINARY is not an executable: $TICKETD_LAB_BINARY"
  fi
}

# The audit asks: an order that was confirmed without a payment is then no breach, as long as the data lives.
remember_payments_off() {
  [[ ${TICKETD_PAYMENTS:-$payments} != off ]] || : >"$(payments_off_mark)"
}
payments_off_mark() { echo "$lab_dir/db/payments-were-off"; }

# With what a service is started, as NAME=VALUE lines.
settings_of() {
  local service=$1 role=${1%-*}
  phase_settings
  ticketd_settings "$service" "$role"
  [[ $service != api-1 ]] || echo TICKETD_DEMO=on # one is enough: the event is in the database
  overridden_settings
}

# Whether the services would take their settings, before anything is stopped or changed for them.
check_settings() {
  local service status
  local -a settings
  for service in "$@"; do
    [[ $service != nginx ]] || check_nginx
    [[ $(kind_of "$service") == ticketd ]] || continue
    mapfile -t settings < <(settings_of "$service")
    env "${settings[@]}" "$(ticketd_binary)" --role="${service%-*}" --check >/dev/null && status=0 || status=$?
    ((status != 2)) || die "$service would not start with this: nothing is changed"
  done
}

configure_ticketd() {
  local service=$1 setting
  {
    run_header "$service"
    build_line
    settings_of "$service" | while read -r setting; do printf 'export %s=%q\n' "${setting%%=*}" "${setting#*=}"; done
    exec_line "$service"
  } | write_file "$lab_dir/$service/run" 700
}

# A new build is a new configuration: up starts it again.
build_line() { echo "# build $(sha256sum "$(ticketd_binary)" | cut -d ' ' -f 1)"; }
exec_line() { echo "exec $(ticketd_binary) --role=${1%-*}"; }

# The build of now, with the settings that the service has been brought up with.
renew_build() {
  sed -e "s|^# build .*|$(build_line)|" -e "s|^exec /.*|$(exec_line "$1")|" "$lab_dir/$1/run" | write_file "$lab_dir/$1/run" 700
}

ticketd_settings() {
  local service=$1 role=$2
  echo "TICKETD_INSTANCE=$service"
  echo "TICKETD_OPS_LISTEN=127.0.0.1:$(ops_port_of "$service")"
  [[ $role == worker ]] || echo "TICKETD_LISTEN=127.0.0.1:$(port_of "$service")"
  [[ $role != api ]] || echo "TICKETD_LISTEN_LOCAL=$(socket_of "$service")"
  [[ $role != payments ]] || return 0
  echo "TICKETD_SECRET=$(secret secret)"
  echo "TICKETD_DATABASE_URL=$(database_url)"
  ((phase < 2)) || echo "TICKETD_REDIS_URL=$(redis_url)"
  ((phase < 3)) || echo "TICKETD_AMQP_URL=$(amqp_url)"
  [[ $payments == off ]] || echo "TICKETD_PAYMENTS_URL=http://127.0.0.1:$(port_of payments)"
  [[ $role != api ]] || echo "TICKETD_ADMIN_TOKEN=$(secret admin-token)"
}

# Where Nginx reaches a replica: TCP costs the two of them a seventh of what they spend on an order.
socket_of() { echo "$lab_dir/$1/http.sock"; }

probe_ticketd() { curl -sf -o /dev/null -m 2 "http://127.0.0.1:$(ops_port_of "$1")/readyz"; }
