# shellcheck shell=bash
# The processes of a service, all of them: PostgreSQL's children have sessions of their own, Nginx has workers that
# outlive a killed master. What they share is where they work: each service runs in its directory of the lab (and goes on
# there when somebody has deleted it).

# processes_of SERVICE: their ids. A person's shell in there has a terminal, so it is not one of them.
processes_of() {
  local entry stat fields
  while read -r entry; do
    read -r stat <"/proc/$entry/stat" || continue
    read -ra fields <<<"${stat##*) }" # proc(5): after the name in brackets come state, ppid, pgrp, session, tty_nr
    [[ ${fields[4]} != 0 ]] || echo "$entry"
  done 2>/dev/null < <(find /proc/[0-9]*/cwd -maxdepth 0 \( -lname "$lab_dir/$1" -o -lname "$lab_dir/$1 (deleted)" -o -lname "$lab_dir/$1/*" \) \
    -printf '%h\n' 2>/dev/null | sed 's,^/proc/,,')
}

has_processes() { [[ -n $(processes_of "$1") ]]; }
has_no_processes() { ! has_processes "$1"; }

# every_process_is SERVICE paused|running
every_process_is() {
  local pid stat state found=1
  for pid in $(processes_of "$1"); do
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
    found=0
    state=${stat##*) }
    case $2:${state%% *} in
      paused:T | running:[!T]) ;;
      *) return 1 ;;
    esac
  done
  return "$found"
}

# signal_until SERVICE SIGNAL CONDITION...: a process may have been started while its siblings were signalled, so until it
# is true, everything is signalled again.
signal_until() {
  local service=$1 signal=$2
  shift 2
  attempt() {
    local -a ids
    mapfile -t ids < <(processes_of "$service")
    ((${#ids[@]} == 0)) || kill "-$signal" "${ids[@]}" 2>/dev/null || true
    "$@"
  }
  wait_until 20 attempt "$@" || die "$service did not obey SIG$signal within 20 seconds"
}

kill_processes() { signal_until "$1" KILL has_no_processes "$1"; }
pause_processes() { signal_until "$1" STOP every_process_is "$1" paused; }
resume_processes() { signal_until "$1" CONT every_process_is "$1" running; }
