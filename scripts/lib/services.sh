# shellcheck shell=bash
# What can be done with any service of the lab: write its files, start it, ask whether it is ready, stop it.

kind_of() {
  case $1 in
    api-* | worker-* | payments) echo ticketd ;;
    *) echo "$1" ;;
  esac
}

log_of() { echo "$lab_dir/logs/$1.log"; }

# How every service's `run` begins.
run_header() {
  cat <<RUN
# Written by scripts/lab up.
$(set_aside_when_large "$(log_of "$1")")
exec >>$(log_of "$1") 2>&1 </dev/null
ulimit -Sn $(open_files_max)
RUN
}

# run_here SERVICE SED: what starts the service, with its settings, but in this terminal, and with this done to its command.
run_here() { sed -e '/^exec >>/d' -e "$2" "$lab_dir/$1/run"; }

# One generation of a log is kept.
set_aside_when_large() {
  echo "[[ \$(stat -c %s $1 2>/dev/null || echo 0) -lt 50000000 ]] || mv -f $1 $1.old"
}

configure() {
  mkdir -p "$lab_dir/$1"
  "configure_$(kind_of "$1")" "$1"
}

probe() { "probe_$(kind_of "$1")" "$1"; }

# What a service would be started with now; kept when it is started, so that up can tell what has changed since.
fingerprint() {
  find "$lab_dir/$1" -maxdepth 1 -type f \( -name run -o -name '*.conf' \) -print0 | sort -z | xargs -0 cat | sha256sum
}
has_changed() { [[ $(fingerprint "$1") != "$(cat "$lab_dir/$1/started-with" 2>/dev/null)" ]]; }

# Of a process that was forked a moment ago it is not known yet where it works; supervisord knows of it.
is_ready_or_gone() { probe "$1" || { has_no_processes "$1" && is_not_supervised_running "$1"; }; }

ready_within() {
  case $1 in
    rabbitmq) echo 120 ;;
    *) echo 60 ;; # a database that crashed replays up to max_wal_size first
  esac
}

launch() {
  [[ $1 != db ]] || forget_dead_postmaster
  fingerprint "$1" >"$lab_dir/$1/started-with"
  supervisorctl start "$1" >/dev/null || die "$1 does not start: see scripts/lab logs $1"
}

await_ready() {
  wait_until "$(ready_within "$1")" is_ready_or_gone "$1" && probe "$1" && return
  tail -n 15 "$(log_of "$1")" >&2 || true
  die "$1 is not ready. Its log is $(log_of "$1"); see also: scripts/lab status, and scripts/lab down to clear up"
}

# A port that somebody else has is found out before anything is started.
check_ports() {
  local service port holder
  for service in "$@"; do
    for port in $(port_of "$service") $(ops_port_of "$service") $(tls_port_of "$service"); do
      holder=$(ss -Hltnp "sport = :$port" | head -n 1)
      [[ -n $holder ]] || continue
      [[ $holder =~ \(\(\"([^\"]+)\",pid=([0-9]+) ]] && holder="${BASH_REMATCH[1]}, process ${BASH_REMATCH[2]}" || holder=somebody
      die "port $port of $service is taken by $holder (TICKETD_LAB_PORT_OFFSET moves a lab to other ports)"
    done
  done
}

# start_services SERVICE...: in order, and ready when it returns. What runs already is left alone.
start_services() {
  local service
  local -a starting=() running
  mapfile -t running < <(running_services)
  for service in "$@"; do
    contains "$service" "${running[@]}" && continue
    starting+=("$service")
    kill_processes "$service" # Nginx's workers outlive a master that somebody killed, and hold its port
  done
  ((${#starting[@]})) || return 0
  check_ports "${starting[@]}"
  # The servers take seconds each, so they start side by side; ticketd and Nginx want them there.
  for service in "${starting[@]}"; do is_third_party "$service" && launch "$service"; done
  for service in "${starting[@]}"; do is_third_party "$service" && await_ready "$service"; done
  for service in "${starting[@]}"; do is_third_party "$service" || launch "$service"; done
  for service in "${starting[@]}"; do is_third_party "$service" || await_ready "$service"; done
}
is_third_party() { contains "$1" "${third_party[@]}" epmd; }

# stop_service SERVICE: lets it finish, then makes sure that nothing of it is left.
stop_service() {
  has_processes "$1" || return 0
  resume_processes "$1" # a paused process would never get the signal
  supervisorctl stop "$1" >/dev/null || true
  kill_processes "$1" # orphans, of a master that somebody else killed
}
