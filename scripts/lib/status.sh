# shellcheck shell=bash
# scripts/lab status: a line for each service for people, and with --json all that the lab knows for programs, so that
# nobody else needs to know where it puts what.

lab_status() {
  local form=lines
  read_arguments status --json take_status "$@"
  "status_$form"
}
take_status() { form=json; }

# ready, not ready (lives, and does not answer as it should), paused, dead (killed, or ended by itself), stopped.
state_of() {
  local supervised=$2
  if every_process_is "$1" paused; then
    echo paused
  elif [[ $supervised == RUNNING* ]]; then
    probe "$1" && echo ready || echo 'not ready'
  elif [[ $supervised == EXITED* || $supervised == FATAL* ]]; then
    echo dead
  else
    echo stopped
  fi
}

status_lines() {
  supervisor_runs || {
    say 'the lab is not running: scripts/lab up starts it'
    return 3
  }
  local service supervised ops
  while read -r service supervised; do
    ops=$(ops_port_of "$service")
    printf '%-10s %-10s %-17s%s\n' "$service" "$(state_of "$service" "$supervised")" "$(address_of "$service")" \
      "${ops:+ http://127.0.0.1:$ops/metrics}"
  done < <(in_order_of_starting)
}

# A worker serves nobody but the operator.
address_of() { [[ $1 == worker-* ]] || echo "127.0.0.1:$(port_of "$1")"; }

# "SERVICE what supervisord says of it", without the port mapper, which is the broker's own affair.
in_order_of_starting() {
  local all service
  all=$(supervisorctl status || true) # non-zero when a service does not run
  for service in $(known_services | grep -vx epmd); do grep -E "^$service " <<<"$all" || true; done
}

# ---- for programs

# A lab that is down still says where everything was, or will be: of the phase that it last was up with, or of the default.
status_json() {
  local is_up=false name supervised
  ! supervisor_runs || is_up=true
  {
    if [[ $is_up == true ]]; then in_order_of_starting; else down_services; fi | while read -r name supervised; do
      service_json "$name" "$(state_of "$name" "$supervised")" "$(address_of "$name")" "$(ops_port_of "$name")" \
        "$lab_dir/$name" "$(processes_of "$name" | paste -sd ,)" '' ''
    done
  } | lab_json "$is_up" processes "$(public_url)"
  [[ $is_up == true ]] || return 3
}

down_services() {
  if [[ -e $(supervisor_conf) ]]; then
    known_services
  else
    fill_in_phase
    services_of_topology
  fi | grep -vx epmd || true
}

# lab_json UP MADE_OF PUBLIC_URL: around the services, a line each, of standard input.
lab_json() {
  cat <<JSON
{
  "is_up": $1,
  "made_of": "$2",
  "phase": $(cat "$(phase_mark)" 2>/dev/null || echo null),
  "directory": $(json_text "$lab_dir"),
  "port_offset": $port_offset,
  "public_url": $(json_text "$3"),
  "admin_token_file": $(json_text "$lab_dir/admin-token"),
  "services": [
$(sed '$!s/$/,/')
  ]
}
JSON
}

# service_json NAME STATE ADDRESS OPS_PORT DIRECTORY PROCESS_IDS CONTAINER CONTAINER_ID: empty is null.
service_json() {
  local port=${3##*:}
  printf '    {"name": %s, "state": %s, "address": %s, "port": %s, "ops_port": %s, "directory": %s, "pids": [%s], "container": %s, "container_id": %s}\n' \
    "$(json_text "$1")" "$(json_text "$2")" "$(json_text "$3")" "${port:-null}" "${4:-null}" "$(json_text "$5")" "$6" \
    "$(json_text "$7")" "$(json_text "$8")"
}

# A JSON string (RFC 8259, section 7), or null. A control character has no place in a path: it is left out.
json_text() {
  local text=${1//[[:cntrl:]]/}
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  if [[ -n $text ]]; then echo "\"$text\""; else echo null; fi
}

# The phase is settings alone, so it is written down, for as long as the data lives. A lab of servers only is of none.
remember_phase() {
  if [[ -n $only ]]; then rm -f "$(phase_mark)"; else echo "$phase" | write_file "$(phase_mark)" 644; fi
}
phase_mark() { echo "$lab_dir/phase"; }
