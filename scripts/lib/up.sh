# shellcheck shell=bash
# scripts/lab up and down.

phase=5
replicas=''
workers=''
payments=on
only=''
tls=off

parse_up() {
  read_arguments up '--phase= --replicas= --workers= --payments= --only= --tls' take_up "$@"
  [[ -z $only || $tls == off ]] || usage_error '--tls is of no use without Nginx, which --only leaves out'
  fill_in_phase
}

take_up() {
  case $1 in
    --phase) is_count "$2" 1 5 && phase=$2 || usage_error "--phase is 1 to 5, not: $2" ;;
    --replicas) is_count "$2" 1 "$replicas_max" && replicas=$2 || usage_error "--replicas is 1 to $replicas_max, not: $2" ;;
    --workers) is_count "$2" 0 "$workers_max" && workers=$2 || usage_error "--workers is 0 to $workers_max, not: $2" ;;
    --payments) [[ $2 == on || $2 == off ]] && payments=$2 || usage_error "--payments is on or off, not: $2" ;;
    --only) check_only "$2" && only=$2 ;;
    --tls) tls=on ;;
  esac
}

check_only() {
  local name
  for name in ${1//,/ }; do
    contains "$name" "${third_party[@]}" || usage_error "--only takes a list of ${third_party[*]}, not: $name"
  done
  [[ -n $1 ]] || usage_error "--only takes a list of ${third_party[*]}"
}

fill_in_phase() {
  if ((phase < 3)) && [[ ${workers:-0} != 0 ]]; then usage_error "phase $phase has no worker: purchases are synchronous"; fi
  if [[ -z $replicas ]]; then ((phase >= 4)) && replicas=3 || replicas=1; fi
  if [[ -z $workers ]]; then ((phase >= 3)) && workers=1 || workers=0; fi
}

# One at a time works on a lab: a second one waits.
take_lock() {
  exec {lock_fd}>>"$lab_dir/lock"
  flock -n "$lock_fd" && return
  warn 'waiting for another scripts/lab that is at work on this lab'
  flock "$lock_fd"
}

lab_up() {
  local service packages=everything
  local -a wanted servers changed=() gone=()
  parse_up "$@"
  check_knobs
  warn_of_unknown_settings
  mapfile -t wanted < <(services_of_topology)
  make_lab_dir
  check_room_of_lab
  take_lock
  [[ -z $only && -z ${TICKETD_LAB_BINARY:-} ]] || packages=servers # nothing is to be built
  "$checkout/scripts/install-packages" "$packages"
  make_secrets
  [[ $tls == off ]] || make_certificate
  [[ -n $only ]] || build_ticketd
  check_settings "${wanted[@]}"
  for service in "${wanted[@]}"; do configure "$service"; done
  [[ -n $only ]] || remember_payments_off
  remember_phase
  for service in $(known_services); do contains "$service" "${wanted[@]}" || gone+=("$service"); done
  for service in "${wanted[@]}"; do
    has_processes "$service" && has_changed "$service" && changed+=("$service")
  done
  supervisor_runs && stop_in_reverse "${gone[@]}" "${changed[@]}"
  supervisor_runs || end_strays
  write_supervisor_conf "${wanted[@]}"
  start_supervisor
  for service in "${wanted[@]}"; do resume_if_paused "$service"; done
  if [[ -z $only ]]; then
    mapfile -t servers < <(for service in "${wanted[@]}"; do ! is_third_party "$service" || echo "$service"; done)
    start_services "${servers[@]}"
    migrate_schema
  fi
  start_services "${wanted[@]}"
  await_all "${wanted[@]}"
  print_urls
}

# Front to back, so that nobody calls a service that is gone already.
stop_in_reverse() {
  local i
  for ((i = $#; i >= 1; i--)); do stop_service "${!i}"; done
}

resume_if_paused() { ! every_process_is "$1" paused || resume_processes "$1"; }

# Those that ran already may still be on their way (or have been broken since).
await_all() {
  local service
  for service in "$@"; do await_ready "$service"; done
}

# Without supervisord (somebody killed it, or the machine did) nobody stops its services in peace any more.
end_strays() {
  local service
  for service in $(known_services) supervisor; do
    ! has_processes "$service" || kill_processes "$service"
  done
}

print_urls() {
  if [[ -n $only ]]; then
    say "up: $only"
  else
    say "The lab is up, phase $phase: $(public_url)/api/v1/events"
    say "  the demo event    curl $(public_url)/api/v1/events/tarkan-2027/availability"
    ! serves_tls || say "  its certificate   ${TICKETD_TLS_CERTIFICATE:-} (curl --cacert)"
    say "  the admin token   $lab_dir/admin-token"
    say "  metrics, health   http://127.0.0.1:$(ops_port_of api-1)/metrics and /readyz (api-1; the others: scripts/lab status)"
  fi
  say "  what runs         scripts/lab status; scripts/lab down stops it"
}

# These have a lab of their own in here.
check_runs_are_over() {
  [[ ! -e $lab_dir/report/lock ]] || flock -n "$lab_dir/report/lock" true ||
    die 'scripts/lab minute or evolve is at work here: end it first'
}

# A report is not the lab's data: it took minutes to make, and stays.
forget_data() {
  if [[ -e $lab_dir/report ]]; then
    find "$lab_dir" -mindepth 1 -maxdepth 1 ! -name report ! -name "$lab_marker" -exec rm -rf {} +
  else
    rm -rf "$lab_dir"
  fi
}

parse_down() { read_arguments down --wipe take_down "$@"; }
take_down() { wipe=yes; }

lab_down() {
  local wipe=no service
  local -a known
  parse_down "$@"
  if ! is_lab; then
    say 'there is no lab to stop'
    return
  fi
  take_lock
  [[ $wipe == no ]] || check_runs_are_over
  mapfile -t known < <(known_services)
  if supervisor_runs; then
    stop_in_reverse "${known[@]}"
    stop_supervisor
  fi
  end_strays
  if [[ $wipe == yes ]]; then
    forget_data
    say 'the lab is down, and its data forgotten'
  else
    say 'the lab is down; its data stays (scripts/lab down --wipe forgets it)'
  fi
}
