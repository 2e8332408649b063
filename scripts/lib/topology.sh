# shellcheck shell=bash
# Which services make up a phase, in the order of starting, and with which settings ticketd runs in it.

readonly third_party=(db redis rabbitmq)

# services_of_topology: from phase, replicas, workers, payments and only (see lib/up.sh) to a list of services.
services_of_topology() {
  local i wanted
  if [[ -n $only ]]; then
    for wanted in "${third_party[@]}"; do
      [[ ,$only, == *",$wanted,"* ]] || continue
      [[ $wanted != rabbitmq ]] || echo epmd
      echo "$wanted"
    done
    return
  fi
  echo db
  ((phase < 2)) || echo redis
  if ((phase >= 3)); then
    echo epmd # Erlang's port mapper, which RabbitMQ insists on: a private one, and supervised, so that down ends it too
    echo rabbitmq
  fi
  [[ $payments == off ]] || echo payments
  for ((i = 1; i <= replicas; i++)); do echo "api-$i"; done
  for ((i = 1; i <= workers; i++)); do echo "worker-$i"; done
  echo nginx
}

# The settings that make the phase, as NAME=VALUE lines.
phase_settings() {
  local purchase=async cache=on
  ((phase >= 3)) || purchase=sync
  ((phase >= 2)) || cache=off
  echo "TICKETD_PURCHASE=$purchase"
  echo "TICKETD_CACHE=$cache"
  echo "TICKETD_PAYMENTS=$payments"
  if ((phase == 3 || phase == 4)); then
    echo TICKETD_PUBLISH_BATCH_MAX=1
    echo TICKETD_SETTLE_BATCH_MAX=1
  fi
}

# Settings that the caller of `up` may change through the environment. The addresses, the secrets and the roles are
# the lab's own; everything else that docs/architecture.md lists is here (tests/unit/docs_test.cpp says what is missing).
readonly open_settings=(
  PAYMENTS_URL PAYMENTS_CA_FILE PAYMENTS_KEY PURCHASE CACHE COPY_LIFE_MS PAYMENTS DEMO
  PUBLISH_BATCH_MAX PUBLISH_WAIT_MAX_US PUBLISH_TIMEOUT_MS IN_FLIGHT_MAX BACKLOG_MAX BACKLOG_BYTES_MAX
  SETTLE_BATCH_MAX SETTLE_WAIT_MAX_US HOLD_SECONDS PAYMENT_WAIT_MAX CHARGE_MIN CHARGE_MAX CHARGES_IN_FLIGHT
  CHARGES_IN_FLIGHT_MIN CHARGES_PER_SECOND CHARGE_TIMEOUT_MS ID_LAYOUT DATABASE_CONNECTIONS CONNECTIONS_MAX WATCHERS_MAX CORS_ORIGINS
  PUBLIC_ADDRESS SECRET_PREVIOUS ADMIN_TOKENS LOG_LEVEL
  SANDBOX_LATENCY_MS SANDBOX_JITTER_MS SANDBOX_DECLINE_RATE SANDBOX_ERROR_RATE SANDBOX_HANG_RATE SANDBOX_MOOD
)
# The lab's own knobs, which ticketd never sees.
readonly lab_knobs=(LAB_DIR LAB_PORT_OFFSET LAB_BINARY AUDIT_TOLERANCE SPIKE_EVENT)
# Nginx's, which deploy/nginx-configuration reads, and says what is wrong with.
readonly nginx_settings=(
  TRUSTED_PROXIES PROXY_PROTOCOL RATE_LIMIT RATE_LIMIT_BURST RATE_LIMIT_EXEMPT CONNECTION_LIMIT WATCH_LIMIT CLIENTS_MAX
  TLS_CERTIFICATE TLS_KEY HSTS_SECONDS
)

overridden_settings() {
  local name
  for name in "${open_settings[@]}"; do
    name=TICKETD_$name
    [[ ! -v $name ]] || echo "$name=${!name}"
  done
}

# warn_of_unknown_settings NAME...: but not of these. A misspelt setting that is silently ignored costs an afternoon.
warn_of_unknown_settings() {
  local name
  for name in $(compgen -e TICKETD_ || true); do
    contains "${name#TICKETD_}" "${open_settings[@]}" "${nginx_settings[@]}" "${lab_knobs[@]}" "$@" || [[ $name == TICKETD_TEST_* ]] ||
      warn "$name is not a setting that can be given to a lab: ignored"
  done
}

check_knobs() {
  local said
  said=$("$checkout/deploy/nginx-configuration" --check 2>&1) || usage_error "$said"
  [[ -z ${TICKETD_DATABASE_CONNECTIONS:-} ]] || is_count "$TICKETD_DATABASE_CONNECTIONS" 1 200 ||
    usage_error "TICKETD_DATABASE_CONNECTIONS is not a number from 1 to 200: $TICKETD_DATABASE_CONNECTIONS"
}
