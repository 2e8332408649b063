# shellcheck shell=bash
# scripts/lab minute: the on-sale itself, and a picture of it. How it goes is in bench/minute.

readonly minute_tickets_max=1000000

lab_minute() {
  local tickets=50000 seconds=0 payments=on report=$lab_dir/report
  read_arguments minute '--tickets= --seconds= --paid --free --report=' take_minute "$@"
  check_knobs
  make_lab_dir
  mkdir -p "$report" "$lab_dir/report" || die "cannot create $report"
  # Of PostgreSQL's log and tables, of the queue, and of what buyers say and read.
  check_space "$lab_dir" $((2000 + tickets / 100))
  prepare_minute
  # Debian's own Python, which python3-matplotlib is installed for; nothing is written beside the sources.
  PYTHONPATH=$checkout/bench PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m minute --tickets "$tickets" \
    --seconds "$seconds" --payments "$payments" --lab "$lab_dir/minute" --port-offset "$(minute_port_offset)" \
    --report "$report" --lock "$lab_dir/report/lock"
}

take_minute() {
  case $1 in
    --tickets)
      is_count "$2" 10 "$minute_tickets_max" && tickets=$2 || usage_error "--tickets is 10 to $minute_tickets_max, not: $2"
      ;;
    --seconds) is_count "$2" 1 3600 && seconds=$2 || usage_error "--seconds is 1 to 3600, not: $2" ;;
    --paid) payments=on ;;
    --free) payments=off ;;
    --report) [[ -n $2 ]] && report=$(realpath -m -- "$2") || usage_error '--report is a directory' ;;
  esac
}

# Whatever takes long or may fail is done before the first server is started.
prepare_minute() {
  local packages=everything
  [[ -z ${TICKETD_LAB_BINARY:-} ]] || packages=servers # nothing is to be built
  "$checkout/scripts/install-packages" "$packages"
  "$checkout/scripts/install-packages" load
  "$checkout/scripts/install-packages" pictures
  build_ticketd
}

# As evolve's, and beside it: the ports of the two are never the same.
minute_port_offset() { echo $((5600 + (port_offset + 300) % 3400)); }
