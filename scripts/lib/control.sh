# shellcheck shell=bash
# scripts/lab logs, debug, psql, url, and what breaks a lab on purpose: stop, start, kill, pause, resume.

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

# The lab's own supervision sees a service that is stopped; Nginx and the others see the one that gdb runs.
lab_debug() {
  local service
  (($#)) || usage_error 'debug takes a service, and what gdb is to be told'
  require_lab
  service_argument debug "$1"
  shift
  [[ $(kind_of "$service") == ticketd ]] || die "debug is for ticketd's own services: api-N, worker-N and payments"
  command -v gdb >/dev/null || die 'gdb is not installed: scripts/install-packages brings it'
  (lab_fault stop "$service") # each with the lock for itself: meanwhile the lab takes other commands
  trap : INT                  # Ctrl-C is gdb's, which stops the service with it
  bash <(under_gdb "$service") "$@" || true
  (lab_fault start "$service")
}

# What starts the service, with its settings, but under gdb and in this terminal. A write to a peer that left is an error
# code to ticketd, and to gdb a signal to stop at.
under_gdb() {
  sed -e '/^exec >>/d' -e 's,^exec ,exec gdb -iex "handle SIGPIPE nostop noprint pass" "$@" --args ,' "$lab_dir/$1/run"
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
