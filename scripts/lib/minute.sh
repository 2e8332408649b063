# shellcheck shell=bash
# scripts/lab minute: the on-sale itself, and a picture of it. How it goes is in bench/minute.

readonly minute_tickets_max=1000000

lab_minute() {
  local tickets=50000 seconds=0 payments=on report=$lab_dir/report
  parse_minute "$@"
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

parse_minute() {
  local option value taken
  while (($#)); do
    read_option minute '--tickets= --seconds= --paid --free --report=' "$@"
    shift "$taken"
    case $option in
      --tickets)
        is_count "$value" 10 "$minute_tickets_max" && tickets=$value ||
          usage_error "--tickets is 10 to $minute_tickets_max, not: $value"
        ;;
      --seconds) is_count "$value" 1 3600 && seconds=$value || usage_error "--seconds is 1 to 3600, not: $value" ;;
      --paid) payments=on ;;
      --free) payments=off ;;
      --report) [[ -n $value ]] && report=$(realpath -m -- "$value") || usage_error '--report is a directory' ;;
    esac
  done
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
