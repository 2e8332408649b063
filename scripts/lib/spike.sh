# shellcheck shell=bash
# scripts/lab spike: the k6 script of bench/ against the running lab.

readonly k6_version=1.8.1      # pinned: summaries of two runs compare only when one k6 made both
readonly k6_go_version=1.25.12 # what that version is built with
k6_built=$checkout/.tools/bin/k6

lab_spike() {
  local vus=100 duration=30s option value taken
  while (($#)); do
    read_option spike '--vus= --duration=' "$@"
    shift "$taken"
    case $option in
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
  rm -f "$out"/console.log "$out"/ledger.txt
  trap 'write_ledger "$out"; exit 130' INT # what was accepted is accepted
  ulimit -Sn "$(open_files_max)"           # a connection for each buyer
  "${k6[@]}" run --no-usage-report --quiet --console-output "$out/console.log" -e BASE_URL="$(public_url)" \
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
  say "$(wc -l <"$1/ledger.txt") accepted orders. What became of them: scripts/lab audit $(shown "$1/ledger.txt")"
}

# As short as it can be typed where the caller stands.
shown() { realpath -m --relative-base="$PWD" -- "$1"; }

# Where k6 can be had from: path (installed), tools (built here before), go, docker or nowhere.
k6_source() {
  if command -v k6 >/dev/null; then
    echo path
  elif [[ -x $k6_built ]]; then
    echo tools
  elif command -v go >/dev/null; then
    echo go
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    echo docker
  else
    echo nowhere
  fi
}

# k6 becomes the command that runs it.
find_k6() {
  case $(k6_source) in
    path) k6=(k6) ;;
    tools) k6=("$k6_built") ;;
    go)
      build_k6
      k6=("$k6_built")
      ;;
    docker)
      k6=(
        docker run --rm --network host --user "$(id -u):$(id -g)" -v "$checkout/bench:$checkout/bench:ro"
        -v "$lab_dir/spike:$lab_dir/spike" "grafana/k6:$k6_version"
      )
      ;;
    nowhere)
      die "k6 is not here, nor Go or Docker to get it with: scripts/install-packages go gets Go, and \
https://grafana.com/docs/k6/latest/set-up/install-k6 says what else there is"
      ;;
  esac
}

# What the build leaves behind, but for k6, is thrown away.
build_k6() {
  local log=$lab_dir/logs/k6-build.log work=$checkout/.tools/k6-build
  say "building k6 $k6_version, a few minutes, once"
  mkdir -p "${k6_built%/*}" "$lab_dir/logs"
  (
    export GOBIN=${k6_built%/*} GOMODCACHE=$work/modules GOCACHE=$work/cache GOFLAGS=-modcacherw
    go=$(go_for_k6) && "$go" install "go.k6.io/k6@v$k6_version"
  ) >"$log" 2>&1 || die "k6 does not build: $(tail -n 1 "$log")"
  rm -rf "$work"
}

# A Go since 1.21 fetches a newer one by itself where it needs to. An older one, as Debian 12's, can fetch it too: it is a
# module like any other, held against the public checksum database, but for the permission to execute.
go_for_k6() {
  local version folder
  version=$(go env GOVERSION)
  if [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 21)); then
    echo go
    return
  fi
  folder=$(cd / && go mod download -json "golang.org/toolchain@v0.0.1-go$k6_go_version.linux-$(go env GOARCH)" |
    sed -n 's/^[[:space:]]*"Dir": "\(.*\)",$/\1/p')
  chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/*
  echo "$folder/bin/go"
}
