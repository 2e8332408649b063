# shellcheck shell=bash
# scripts/lab restart: one service after the other, each when the one before is ready again, so that no buyer notices.

lab_restart() {
  local service
  local -a services=()
  read_arguments restart SERVICE... take_restart "$@"
  require_lab
  take_lock
  ((${#services[@]})) || mapfile -t services < <(in_turn)
  for service in "${services[@]}"; do require_service; done
  for service in "${services[@]}"; do check_that_it_would_start "$service"; done
  # As at every start, and before what reads and writes rows by it: no role may do it itself.
  ! are_any_roles "${services[@]}" || migrate_schema
  for service in "${services[@]}"; do
    restart_service "$service"
    say "$service is ready again"
  done
}
take_restart() { services+=("$2"); }

# What somebody else may stand in for. The workers come first: a new one reads what replicas of before write.
in_turn() {
  local kind
  for kind in worker api nginx; do known_services | grep -E "^$kind(-|$)" || true; done
}

are_any_roles() {
  local service
  for service in "$@"; do [[ $(kind_of "$service") != ticketd ]] || return 0; done
  return 1
}

# Asked of all of them before the first one is stopped.
check_that_it_would_start() {
  local home=$lab_dir/$1 said=''
  case $(kind_of "$1") in
    ticketd) said=$(bash <(run_here "$1" "s|^exec /.*|$(exec_line "$1") --check|") 2>&1) ;;
    nginx) said=$(/usr/sbin/nginx -t -q -e stderr -p "$home" -c "$home/nginx.conf" 2>&1) ;;
  esac || die "$1 would not start again, nothing is stopped: $said"
}

restart_service() {
  if [[ $1 == nginx ]] && ! is_not_supervised_running nginx; then
    resume_if_paused nginx
    hand_over_nginx
  else
    stop_service "$1"
    [[ $(kind_of "$1") != ticketd ]] || renew_build "$1"
    [[ $1 != rabbitmq ]] || start_services epmd
    start_services "$1"
  fi
  await_ready "$1"
}
