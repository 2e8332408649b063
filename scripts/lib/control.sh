# shellcheck shell=bash
# scripts/lab logs, debug, psql, url, and what breaks a lab on purpose: stop, start, kill, pause, resume.

require_lab() {
  supervisor_runs || die 'the lab is not running: scripts/lab up starts it'
}

# parse_service VERB ARGUMENTS...: the one service that is meant becomes the caller's `service`.
parse_service() {
  read_arguments "$1" SERVICE take_service "${@:2}"
  [[ -n $service ]] || usage_error "$1 takes one service"
}
take_service() { service=$2; }

# That it is one of this lab's.
require_service() {
  local -a known
  mapfile -t known < <(known_services | grep -vx epmd)
  contains "$service" "${known[@]}" || die "this lab has no service $service, it has: ${known[*]}"
}

lab_fault() {
  local verb=$1 service=''
  parse_service "$@"
  require_lab
  take_lock
  require_service
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

parse_logs() {
  read_arguments logs '-f SERVICE' take_logs "$@"
  [[ -n $service ]] || usage_error 'logs takes one service'
}
take_logs() { if [[ $1 == -f ]]; then is_following=yes; else take_service "$@"; fi; }

lab_logs() {
  local service='' is_following=no
  local -a follow=()
  parse_logs "$@"
  [[ $is_following == no ]] || follow=(-F)
  is_lab || die 'there is no lab: scripts/lab up makes one'
  require_service
  local -a files=("$(log_of "$service")")
  [[ $service != nginx ]] || files+=("$lab_dir/logs/nginx-access.log")
  exec tail -n 100 "${follow[@]}" "${files[@]}"
}

# The lab's own supervision sees a service that is stopped; Nginx and the others see the one that gdb runs.
lab_debug() {
  local service=${1:-}
  (($#)) || usage_error 'debug takes a service, and arguments of gdb'
  require_lab
  require_service
  shift
  [[ $(kind_of "$service") == ticketd ]] || die "debug is for ticketd's own services: api-N, worker-N and payments"
  command -v gdb >/dev/null || die 'gdb is not installed: scripts/install-packages brings it'
  (lab_fault stop "$service") # each with the lock for itself: meanwhile the lab takes other commands
  trap : INT                  # Ctrl-C is gdb's, which stops the service with it
  bash <(under_gdb "$service") "$@" || true
  (lab_fault start "$service")
}

# A write to a peer that left is an error code to ticketd, and to gdb a signal to stop at.
under_gdb() { run_here "$1" 's,^exec ,exec gdb -iex "handle SIGPIPE nostop noprint pass" "$@" --args ,'; }

lab_url() {
  local -a words=()
  read_arguments url 'WORD...' take_url "$@"
  case ${words[0]:-}:${#words[@]} in
    db:[12] | redis:1 | rabbitmq:1 | nginx:1) require_lab ;;
    *) usage_error "url takes db (and a database), redis, rabbitmq or nginx, not: ${words[*]}" ;;
  esac
  case ${words[0]} in
    db) owner_url "${words[1]:-}" ;;
    redis) redis_operator_url ;;
    rabbitmq) amqp_url ;;
    nginx) public_url ;;
  esac
}
take_url() { words+=("$2"); }

require_database() {
  require_lab
  probe_db || die 'the database does not answer: scripts/lab status says what runs'
}
