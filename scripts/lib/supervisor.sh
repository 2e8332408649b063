# shellcheck shell=bash
# A supervisord of the lab's own runs the services. It only starts, stops and remembers: nothing restarts by itself,
# because in a lab a killed part stays dead until it is started, so that one can watch what its death does.

supervisor_conf() { echo "$lab_dir/supervisor/supervisord.conf"; }

supervisor_runs() { [[ -S $lab_dir/supervisor/control.sock ]] && has_processes supervisor; }

# A Ctrl-C is for the lab, which ends when this has: Python would print where it was.
supervisorctl() { (trap '' INT && exec /usr/bin/supervisorctl -c "$(supervisor_conf)" "$@"); }

write_supervisor_conf() {
  local service user=''
  mkdir -p "$lab_dir/supervisor"
  [[ $EUID != 0 ]] || user='user=root' # or it warns that it runs as root
  {
    cat <<CONF
# Written by scripts/lab up.
[unix_http_server]
file=$lab_dir/supervisor/control.sock
chmod=0700

[supervisord]
directory=$lab_dir/supervisor
logfile=$lab_dir/supervisor/supervisord.log
pidfile=$lab_dir/supervisor/supervisord.pid
childlogdir=$lab_dir/supervisor
$user

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://$lab_dir/supervisor/control.sock
CONF
    for service in "$@"; do
      # startsecs=0: whether it is ready is asked of the service itself. Output goes straight to the log, not through
      # supervisord, which would be in the way of a busy service.
      cat <<CONF

[program:$service]
command=/bin/bash $lab_dir/$service/run
directory=$lab_dir/$service
autostart=false
autorestart=false
startsecs=0
startretries=0
stopsignal=$(stop_signal_of "$service")
stopwaitsecs=$(stop_wait_of "$service")
killasgroup=true
stdout_logfile=NONE
stderr_logfile=NONE
CONF
    done
  } | write_file "$(supervisor_conf)" 600
}

# What each takes as "finish what you have in hand and go".
stop_signal_of() {
  case $1 in
    db) echo INT ;;     # fast shutdown: sessions are ended, nothing is lost
    nginx) echo QUIT ;; # graceful; TERM would cut the requests in flight
    *) echo TERM ;;
  esac
}

# For how long it may take that, in seconds, before it is killed. A role ends by itself, and takes no longer than the
# largest settings let it drain (roles/drain_time.hpp).
stop_wait_of() {
  case $(kind_of "$1") in
    ticketd) echo 180 ;;
    *) echo 30 ;;
  esac
}

# Lets supervisord know the services of the configuration, starting it if need be.
start_supervisor() {
  if supervisor_runs; then
    supervisorctl update >/dev/null || die "supervisord does not answer, see $lab_dir/supervisor/supervisord.log"
    return
  fi
  # What a service runs with is written in its `run`, all of it: the environment of whoever called up first would stay
  # for ever. So would the lock, if the daemon inherited its descriptor.
  (cd "$lab_dir/supervisor" && env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="$lab_dir/supervisor" \
    /usr/bin/supervisord -c "$(supervisor_conf)" {lock_fd}>&- >start.log 2>&1) ||
    die "supervisord does not start: $(tail -n 1 "$lab_dir/supervisor/start.log")"
  wait_until 10 supervisor_runs || die "supervisord does not start, see $lab_dir/supervisor/supervisord.log"
}

stop_supervisor() {
  ! supervisor_runs || supervisorctl shutdown >/dev/null 2>&1 || true
  wait_until 60 has_no_processes supervisor || kill_processes supervisor
  rm -f "$lab_dir/supervisor/control.sock"
}

# Services that supervisord knows, in the order of starting.
known_services() {
  [[ -e $(supervisor_conf) ]] || return 0
  sed -n 's/^\[program:\(.*\)\]$/\1/p' "$(supervisor_conf)"
}

running_services() {
  { supervisorctl status || true; } | awk '$2 == "RUNNING" || $2 == "STARTING" || $2 == "STOPPING" { print $1 }'
}
is_not_supervised_running() { ! running_services | grep -qx "$1"; }
