# shellcheck shell=bash
# scripts/lab spike: the k6 script of bench/ against the running lab.

readonly k6_version=1.8.1 # pinned: summaries of two runs compare only when one k6 made both

lab_spike() {
  local vus=100 duration=30s name value
  while (($#)); do
    name=${1%%=*}
    [[ $name == --vus || $name == --duration ]] || usage_error "spike does not know: $1"
    if [[ $1 == *=* ]]; then
      value=${1#*=}
    else
      (($# > 1)) || usage_error "$name needs a value"
      value=$2
      shift
    fi
    shift
    case $name in
      --vus) is_count "$value" 1 100000 && vus=$value || usage_error "--vus is a number from 1, not: $value" ;;
      --duration) [[ $value =~ ^[1-9][0-9]{0,3}[sm]$ ]] && duration=$value || usage_error "--duration is like 30s or 2m, not: $value" ;;
    esac
  done
  require_lab
  known_services | grep -qx nginx || die 'only the servers are up: scripts/lab up starts the rest'
  probe nginx || die 'nginx does not answer: scripts/lab status says what runs'
  find_k6
  run_spike "$vus" "$duration"
}

run_spike() {
  local seconds=${2%?} out=$lab_dir/spike status=0
  [[ $2 == *s ]] || seconds=$((seconds * 60))
  mkdir -p "$out"
  rm -f "$out"/console.log
  ulimit -Sn "$(open_files_max)" # a connection for each buyer
  "${k6[@]}" run --no-usage-report --quiet --console-output "$out/console.log" -e BASE_URL="$(public_url)" \
    -e EVENT_ID="${TICKETD_SPIKE_EVENT:-tarkan-2027}" -e VUS="$1" -e SECONDS="$seconds" \
    "$checkout/bench/ticket-sales-spike.js" </dev/null || status=$?
  # k6 scripts cannot write files, but what they print can go to one.
  touch "$out/console.log"
  sed -n 's/.*msg="accepted \([0-9a-f-]*\)".*/\1/p' "$out/console.log" >"$out/ledger.txt"
  say "$(wc -l <"$out/ledger.txt") accepted orders. What became of them: scripts/lab audit $(shown "$out/ledger.txt")"
  case $status in
    0) ;;
    99) die 'a threshold was missed' ;; # k6: exitcodes.ThresholdsHaveFailed
    *) die "k6 failed with status $status" ;;
  esac
}

# As short as it can be typed where the caller stands.
shown() { realpath -m --relative-base="$PWD" -- "$1"; }

# k6 becomes the command that runs it: the one that is installed, or one that is built here once, or the image.
find_k6() {
  local tool=$checkout/.tools/bin/k6
  if command -v k6 >/dev/null; then
    k6=(k6)
  elif [[ -x $tool ]]; then
    k6=("$tool")
  elif command -v go >/dev/null; then
    say "building k6 $k6_version, a few minutes, once"
    mkdir -p "${tool%/*}" "$lab_dir/logs"
    GOBIN=${tool%/*} go install "go.k6.io/k6@v$k6_version" >"$lab_dir/logs/k6-build.log" 2>&1 ||
      die "k6 does not build: $(tail -n 1 "$lab_dir/logs/k6-build.log")"
    k6=("$tool")
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    k6=(docker run --rm --network host --user "$(id -u):$(id -g)" -v "$checkout/bench:$checkout/bench:ro"
      -v "$lab_dir/spike:$lab_dir/spike" "grafana/k6:$k6_version")
  else
    die "k6 is not here, nor Go or Docker to get it with: see https://grafana.com/docs/k6/latest/set-up/install-k6"
  fi
}
