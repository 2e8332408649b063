# shellcheck shell=bash
# scripts/lab evolve: the five phases under the same spike, and a report. What it measures is in bench/evolution.

readonly evolve_space_mb=3000 # of PostgreSQL's log and tables, and of what k6 writes

lab_evolve() {
  local pace=quick phases=1,2,3,4,5 again=no report=$lab_dir/report
  local -a pass=()
  read_arguments evolve '--quick --full --report-only --phases=' take_evolve "$@"
  check_knobs
  make_lab_dir
  mkdir -p "$report" || die "cannot create $report"
  if [[ $again == no ]]; then
    check_space "$lab_dir" "$evolve_space_mb"
    prepare_evolve
    pass=("${k6[@]//"$lab_dir/spike"/"$lab_dir/evolve/spike"}") # what a container of k6 may write to
  else
    [[ -s $report/recording.json ]] || die "there is no recording to make a report from: $report/recording.json"
  fi
  "$checkout/scripts/install-packages" report
  ulimit -Sn "$(open_files_max)" # k6 has a connection for each buyer
  # Debian's own Python; nothing of it is installed or written beside the sources.
  PYTHONPATH=$checkout/bench PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m evolution --pace "$pace" \
    --phases "$phases" --lab "$lab_dir/evolve" --port-offset "$(evolve_port_offset)" --report "$report" -- "${pass[@]}"
}

take_evolve() {
  case $1 in
    --quick | --full) pace=${1#--} ;;
    --report-only) again=yes ;;
    --phases)
      [[ $2 =~ ^[1-5](,[1-5])*$ ]] || usage_error "--phases is a list like 1,3,5, not: $2"
      phases=$(tr , '\n' <<<"$2" | sort -u | paste -sd ,)
      ;;
  esac
}

# Whatever takes long or may fail is done before the first server is started.
prepare_evolve() {
  local packages=everything
  [[ -z ${TICKETD_LAB_BINARY:-} ]] || packages=servers # nothing is to be built
  find_k6
  "$checkout/scripts/install-packages" "$packages"
  "$checkout/scripts/install-packages" load
  build_ticketd
}

# check_space DIRECTORY MEGABYTES: that a run may write there.
check_space() {
  local free
  free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  ((free >= $2)) || die "$free MB are free where the lab is ($1), and a run needs $2 MB"
}

# A lab of its own, within the directory of the user's, so that neither notices the other. The offset lies between 5600
# and 9000, which puts the servers' ports above those that the kernel gives to outgoing connections (32768 to 60999): a
# server that starts after another phase's load would find one of k6's connections on its port.
evolve_port_offset() { echo $((5600 + (port_offset + 400) % 3400)); }
