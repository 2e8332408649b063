# shellcheck shell=bash
# scripts/lab spike: the k6 script of bench/ against the running lab.

lab_spike() {
  local vus=100 duration=30s
  read_arguments spike '--vus= --duration=' take_spike "$@"
  require_lab
  known_services | grep -qx nginx || die 'only the servers are up: scripts/lab up starts the rest'
  probe nginx || die 'nginx does not answer: scripts/lab status says what runs'
  find_k6
  run_spike "$vus" "$duration"
}

take_spike() {
  case $1 in
    --vus) is_count "$2" 1 100000 && vus=$2 || usage_error "--vus is a number from 1, not: $2" ;;
    --duration) [[ $2 =~ ^[1-9][0-9]{0,3}[sm]$ ]] && duration=$2 || usage_error "--duration is like 30s or 2m, not: $2" ;;
  esac
}

run_spike() {
  local seconds=${2%?} out=$lab_dir/spike status=0
  local -a trust=()
  [[ $2 == *s ]] || seconds=$((seconds * 60))
  mkdir -p "$out"
  chmod 700 "$out" # a ledger's ids open the orders to whoever has them
  rm -f "$out"/console.log "$out"/ledger.txt
  trap 'write_ledger "$out"; exit 130' INT           # what was accepted is accepted
  ulimit -Sn "$(open_files_max)"                     # a connection for each buyer
  ! serves_tls || trust=(--insecure-skip-tls-verify) # the lab's own certificate
  "${k6[@]}" run "${trust[@]}" --no-usage-report --quiet --console-output "$out/console.log" -e BASE_URL="$(public_url)" \
    -e EVENT_ID="${TICKETD_SPIKE_EVENT:-tarkan-2027}" -e VUS="$1" -e SECONDS="$seconds" \
    "$checkout/bench/ticket-sales-spike.js" </dev/null || status=$?
  write_ledger "$out"
  case $status in
    0) ;;
    99) die 'a threshold was missed' ;; # k6: exitcodes.ThresholdsHaveFailed
    *) die "k6 failed with status $status" ;;
  esac
}

# k6 scripts cannot write files, but what they print can go to one.
write_ledger() {
  touch "$1/console.log"
  sed -n 's/.*msg="accepted \([0-9a-f-]*\)".*/\1/p' "$1/console.log" >"$1/ledger.txt"
  sed -i '/ msg="accepted /d' "$1/console.log"
  say "$(wc -l <"$1/ledger.txt") accepted orders. What became of them: scripts/lab audit $(shown "$1/ledger.txt")"
}

# As short as it can be typed where the caller stands.
shown() { realpath -m --relative-base="$PWD" -- "$1"; }

# k6 becomes the command that runs it: what is installed, or else is built here, once. Where nothing can be built for want
# of Go, and Docker answers, it runs in a container.
find_k6() {
  if command -v k6 >/dev/null; then
    k6=(k6)
  elif [[ ! -x $tools/bin/k6 ]] && ! command -v go >/dev/null && docker info >/dev/null 2>&1; then
    k6=(
      docker run --rm --network host --user "$(id -u):$(id -g)" -v "$checkout/bench:$checkout/bench:ro"
      -v "$lab_dir/spike:$lab_dir/spike" "grafana/k6:$k6_version"
    )
  else
    "$checkout/scripts/install-packages" k6
    k6=("$tools/bin/k6")
  fi
}
