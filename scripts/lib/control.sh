# shellcheck shell=bash
# scripts/lab status, logs, psql, and what breaks a lab on purpose: stop, start, kill, pause, resume.

require_lab() {
  supervisor_runs || die 'the lab is not running: scripts/lab up starts it'
}

# service_argument VERB ARGUMENTS...: the one service that is meant.
service_argument() {
  local verb=$1
  shift
  (($# == 1)) || usage_error "$verb takes one service"
  local -a known
  mapfile -t known < <(known_services | grep -vx epmd)
  contains "$1" "${known[@]}" || die "this lab has no service $1, it has: ${known[*]}"
  service=$1
}

lab_fault() {
  local verb=$1 service
  shift
  (($# == 1)) || usage_error "$verb takes one service"
  require_lab
  take_lock
  service_argument "$verb" "$@"
  case $verb in
    start)
      resume_if_paused "$service"
      [[ $service != rabbitmq ]] || start_services epmd
      start_services "$service"
      await_ready "$service"
      ;;
    stop) stop_service "$service" ;;
    kill)
      kill_processes "$service"
      wait_until 10 is_not_supervised_running "$service" || die "$service is dead, but supervisord has not noticed"
      ;;
    pause)
      has_processes "$service" || die "$service does not run"
      pause_processes "$service"
      ;;
    resume)
      has_processes "$service" || die "$service does not run"
      resume_processes "$service"
      ;;
  esac
}

# ready, not ready (lives, and does not answer as it should), paused, dead (killed, or ended by itself), stopped.
state_of() {
  local supervised=$2
  if every_process_is "$1" paused; then
    echo paused
  elif [[ $supervised == RUNNING* ]]; then
    probe "$1" && echo ready || echo 'not ready'
  elif [[ $supervised == EXITED* || $supervised == FATAL* ]]; then
    echo dead
  else
    echo stopped
  fi
}

lab_status() {
  (($# == 0)) || usage_error 'status takes no argument'
  supervisor_runs || {
    say 'the lab is not running: scripts/lab up starts it'
    return 3
  }
  local service supervised ops
  while read -r service supervised; do
    [[ $service != epmd ]] || continue
    ops=$(ops_port_of "$service")
    printf '%-10s %-10s %-17s%s\n' "$service" "$(state_of "$service" "$supervised")" "$(address_of "$service")" \
      "${ops:+ http://127.0.0.1:$ops/metrics}"
  done < <(in_order_of_starting)
}

# A worker serves nobody but the operator.
address_of() { [[ $1 == worker-* ]] || echo "127.0.0.1:$(port_of "$1")"; }

in_order_of_starting() {
  local all service
  all=$(supervisorctl status || true) # non-zero when a service does not run
  for service in $(known_services); do grep -E "^$service " <<<"$all" || true; done
}

lab_logs() {
  local service follow=()
  if [[ ${1:-} == -f ]]; then
    follow=(-F)
    shift
  fi
  is_lab || die 'there is no lab: scripts/lab up makes one'
  service_argument logs "$@"
  local -a files=("$(log_of "$service")")
  [[ $service != nginx ]] || files+=("$lab_dir/logs/nginx-access.log")
  exec tail -n 100 "${follow[@]}" "${files[@]}"
}

lab_url() {
  require_lab
  case ${1:-}:$# in
    db:[12]) database_url "${2:-}" ;;
    redis:1) redis_url ;;
    rabbitmq:1) amqp_url ;;
    nginx:1) public_url ;;
    *) usage_error "url takes db (and a database), redis, rabbitmq or nginx, not: $*" ;;
  esac
}

require_database() {
  require_lab
  probe_db || die 'the database does not answer: scripts/lab status says what runs'
}
