# shellcheck shell=bash
# scripts/lab --compose: the lab's commands on the containers of deploy/compose.yaml. What the other commands need to
# know of a lab (where it is, who answers, psql) is said here again, in terms of containers.

# Labs with different port offsets live side by side here too.
compose_project=ticketd
compose() { docker compose -p "$compose_project" -f "$checkout/deploy/compose.yaml" "$@"; }

compose_usage_line() { echo 'scripts/lab --compose up|down|status|stop|start|kill|pause|resume|logs|psql|erase|spike|audit'; }

compose_main() {
  local command=${1:-}
  [[ $# == 0 ]] || shift
  usage_line() { compose_usage_line; }
  # A port of the shell wins over deploy/.env; without an offset that file, or the example, says where the lab is.
  if ((port_offset != 0)); then
    compose_project=ticketd-$port_offset
    export TICKETD_HTTP_PORT=$((8080 + port_offset)) TICKETD_HTTPS_PORT=$((8443 + port_offset))
    export TICKETD_RABBITMQ_MANAGEMENT_PORT=$((15672 + port_offset))
  fi
  require_compose
  case $command in
    up) compose_up "$@" ;;
    down) compose_down "$@" ;;
    status) lab_status "$@" ;;
    start | stop | kill | pause | resume) compose_fault "$command" "$@" ;;
    logs) compose_logs "$@" ;;
    psql)
      require_database
      lab_psql "$@"
      ;;
    erase) lab_erase "$@" ;;
    spike)
      make_lab_dir # whoever started the containers
      lab_spike "$@"
      ;;
    audit)
      require_lab
      make_lab_dir
      remember_payments_off
      lab_audit "$@"
      ;;
    -h | --help | help) help ;;
    '') usage_error 'what shall the lab do?' ;;
    *) usage_error "no such command on containers: $command" ;;
  esac
}

# What is missing is said in one line, with what to do.
require_compose() {
  local version
  command -v docker >/dev/null || die 'Docker is not installed: install its engine and the Compose plugin (version 2), or use scripts/lab without --compose'
  version=$(docker compose version --short 2>/dev/null) || version=''
  [[ ${version#v} =~ ^([0-9]+)\.([0-9]+) ]] && ((BASH_REMATCH[1] > 2 || BASH_REMATCH[1] == 2 && BASH_REMATCH[2] >= 20)) ||
    die "this needs Docker Compose version 2.20 or later, as \`docker compose\`; docker-compose with a hyphen is version 1: install the plugin (docker-compose-plugin or docker-compose-v2)"
  docker info >/dev/null 2>&1 || die 'the Docker engine does not answer: is it started, and are you allowed to use it (group docker)?'
}

# ---- up and down

compose_up() {
  local setting presets said
  local -a scale
  parse_up "$@"
  [[ -z $only ]] || usage_error '--only is not for containers'
  check_knobs
  warn_of_unknown_settings ENV_FILE HTTP_PORT HTTPS_PORT RABBITMQ_MANAGEMENT_PORT SECRET ADMIN_TOKEN DATABASE_PASSWORD \
    DATABASE_OWNER_PASSWORD REDIS_PASSWORD AMQP_PASSWORD AMQP_OPERATOR_PASSWORD
  check_secrets
  make_lab_dir
  take_lock
  if [[ $tls == on ]]; then
    make_certificate
    chmod 644 "$TICKETD_TLS_KEY" # the container reads it as somebody else
  fi
  # The lab's are the private networks; who uses Compose without it may be in production.
  [[ -v TICKETD_RATE_LIMIT_EXEMPT ]] || is_in_env_file TICKETD_RATE_LIMIT_EXEMPT || export TICKETD_RATE_LIMIT_EXEMPT=on
  said=$(compose config -q 2>&1) || die "the configuration is not complete: ${said##*$'\n'}"
  # The phase is made of settings alone: what it does without (the broker, the cache) runs, and has nothing to do. Only
  # what departs from the default is handed over, so that `docker compose up` finds its containers as it would make them.
  presets=$(phase=5 payments=on phase_settings)
  while read -r setting; do
    grep -qxF "$setting" <<<"$presets" || [[ -v ${setting%%=*} ]] || export "${setting?}"
  done < <(phase_settings)
  scale=(--scale "api=$replicas" --scale "worker=$workers")
  check_published_ports
  require_images
  remember_phase
  resume_paused
  say "starting, and building the image where it is not yet built ($lab_dir/logs/compose.log)"
  start_containers "${scale[@]}" >"$lab_dir/logs/compose.log" 2>&1 || {
    last_words
    die "it does not come up: $(tail -n 1 "$lab_dir/logs/compose.log") (the whole log is $lab_dir/logs/compose.log)"
  }
  variable_of_api TICKETD_ADMIN_TOKEN | tr -d '\n' | write_file "$lab_dir/admin-token" 600
  remember_payments_off
  compose_urls
}

# The example's secrets are for who has none. Beside secrets of one's own they would go unnoticed, and everybody
# can read them here.
check_secrets() {
  local name
  local -a own=() missing=()
  for name in TICKETD_SECRET TICKETD_ADMIN_TOKEN TICKETD_DATABASE_PASSWORD TICKETD_DATABASE_OWNER_PASSWORD \
    TICKETD_REDIS_PASSWORD TICKETD_AMQP_PASSWORD TICKETD_AMQP_OPERATOR_PASSWORD; do
    if [[ -v $name ]] || is_in_env_file "$name"; then
      own+=("$name")
    else
      missing+=("$name")
    fi
  done
  ((${#own[@]} == 0 || ${#missing[@]} == 0)) ||
    die "deploy/.env (or the shell) has ${own[*]}, and not ${missing[*]}: fill in all of them, as in deploy/.env.example, or none"
  ((${#own[@]})) || check_that_it_is_private
}

# A replica refuses it, too (TICKETD_PUBLIC_ADDRESS), but is heard only when everything has been started.
check_that_it_is_private() {
  local address
  address=${TICKETD_HTTP_ADDRESS:-$(sed -n 's/^TICKETD_HTTP_ADDRESS=//p' "$checkout/deploy/.env" 2>/dev/null | tail -n 1)} || true
  [[ ${address:-127.0.0.1} =~ ^(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|\[?::1) ]] ||
    die "the demo's secrets are refused at $address, a public address: fill in deploy/.env, as in deploy/.env.example"
}

is_in_env_file() { grep -qsE "^[[:space:]]*(export[[:space:]]+)?$1=" "$checkout/deploy/.env"; }

# Compose's own --wait gives up at once on a container that is unhealthy, even on one that only waits for a server which is
# on its way back. So the waiting is done here: for the servers first, and no longer for who ends by itself.
start_containers() {
  compose --progress plain build && compose up -d db redis rabbitmq && become_ready db redis rabbitmq &&
    compose --progress plain up -d "$@" && become_ready
}

# become_ready [SERVICE...]: all of them, or these of Compose's. Who does not is said.
become_ready() {
  local said='nobody'
  wait_until 120 is_decided "$@" || true
  ! grep -v '(healthy)' <<<"$said" | sed 's/^/not ready: /' | grep .
}
# Leaves in `said` how they are.
is_decided() {
  said=$(said_by_docker "$@") && [[ -n $said ]] || return
  ! grep -qv '(healthy)' <<<"$said" || grep -q '^[^ ]* Restarting' <<<"$said"
}

# said_by_docker [SERVICE...]: a line for each container, as "ticketd-db-1 Up 5 seconds (healthy)". Not for who has done
# what it was there for.
said_by_docker() {
  local IFS='|'
  project_containers -a --format '{{.Label "com.docker.compose.service"}} {{.Names}} {{.Status}}' |
    grep -v '^migrate .* Exited (0)' | sed -nE "s/^(${*:-[a-z]*}) //p"
}

# A paused container can neither be started nor replaced.
resume_paused() {
  local service
  for service in $(known_services); do
    [[ $(compose_state "$service") != paused ]] || docker unpause "$(container_of "$service")" >/dev/null
  done
}

# What those who are not ready said last: there the reason stands.
last_words() {
  local service
  for service in $(known_services); do
    probe "$service" || printf '%s: %s\n' "$service" "$(docker logs --tail 1 "$(container_of "$service")" 2>&1)" >&2
  done
}

# variable_of_api NAME: what the replicas were given.
variable_of_api() {
  local replica
  replica=$(known_services | awk '/^api-/ && !found++')
  [[ -n $replica ]] || die 'there is no replica'
  variable_of "$replica" "$1"
}
variable_of() { docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' "$(container_of "$1")" | sed -n "s/^$2=//p"; }

# Within a container that has the database's address. Of the broker nothing is published: what lies there is for its page.
erase_rows() {
  local replica
  replica=$(known_services | awk '/^api-/ && !found++')
  docker exec "$(container_of "$replica")" ticketd --erase="$1"
}
has_broker() { false; }

# The audit asks: an order that was confirmed without a payment is then no breach, as long as the data lives.
remember_payments_off() {
  [[ $(variable_of_api TICKETD_PAYMENTS) != off ]] || : >"$(payments_off_mark)"
}

compose_urls() {
  say "The lab is up in containers, phase $phase: $(public_url)/api/v1/events"
  say "  the demo event    curl $(public_url)/api/v1/events/tarkan-2027/availability"
  [[ -z ${TICKETD_TLS_CERTIFICATE:-} ]] || say "  its certificate   $TICKETD_TLS_CERTIFICATE (curl --cacert)"
  say "  the admin token   $lab_dir/admin-token"
  say "  RabbitMQ's page   http://$(published rabbitmq 15672)"
  say '  what runs         scripts/lab --compose status; scripts/lab --compose down stops it'
}

check_published_ports() {
  local port
  for port in $(compose config | sed -n 's/^ *published: "\(.*\)"$/\1/p'); do
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue
    [[ -n $(project_containers -q --filter "publish=$port") ]] ||
      die "port $port is taken: end what listens there, or set TICKETD_HTTP_PORT (TICKETD_HTTPS_PORT, TICKETD_RABBITMQ_MANAGEMENT_PORT) in deploy/.env"
  done
}

require_images() {
  local image
  for image in $(base_images); do
    docker image inspect "$image" >/dev/null 2>&1 || docker pull -q "$image" >/dev/null 2>&1 ||
      die "the image $image cannot be pulled here: deploy/airgap/README.md says how to do without a registry"
  done
}

# What ours are built on.
base_images() { sed -nE 's/^ *FROM ([a-z0-9.-]+:[a-z0-9.-]+).*/\1/p' "$checkout"/deploy/{services.yaml,Dockerfile} | sort -u; }

compose_down() {
  local said wipe=no
  local -a volumes=()
  parse_down "$@"
  [[ $wipe == no ]] || volumes=(--volumes)
  if is_lab; then
    take_lock
    rm -f "$lab_dir/admin-token" # a native lab makes one of its own
  fi
  # By what Docker knows of the project, so that a deploy/.env with a gap in it is not in the way.
  said=$(cd / && docker compose -p "$compose_project" down "${volumes[@]}" 2>&1) || die "it does not go down: ${said##*$'\n'}"
  if [[ $wipe == yes ]]; then
    rm -f "$(payments_off_mark)" "$(phase_mark)"
    say 'the lab is down, and its data forgotten'
  else
    say 'the lab is down; its data stays (scripts/lab --compose down --wipe forgets it)'
  fi
}

# ---- services and their containers

# Without those of `docker compose run`.
project_containers() {
  docker ps --filter "label=com.docker.compose.project=$compose_project" --filter label=com.docker.compose.oneoff=False "$@"
}

# Those of one service of Compose's, in the order of their numbers; they need not begin with 1.
containers_of() {
  project_containers -a --filter "label=com.docker.compose.service=$1" --format '{{.Label "com.docker.compose.container-number"}} {{.Names}}' |
    sort -n | cut -d ' ' -f 2
}

# api-2 is the second container of api; what there is one of has no number.
container_of() {
  case $1 in
    api-* | worker-*) containers_of "${1%-*}" | sed -n "${1##*-}p" ;;
    *) echo "$compose_project-$1-1" ;;
  esac
}
is_composed() { docker inspect "$(container_of "$1")" >/dev/null 2>&1; }

# In the order of starting.
known_services() {
  local service
  for service in db redis rabbitmq payments api worker nginx; do
    case $service in
      api | worker) containers_of "$service" | awk -v service="$service" '{ print service "-" NR }' ;;
      *) [[ -z $(containers_of "$service") ]] || echo "$service" ;;
    esac
  done
}

require_lab() { is_composed nginx || die 'the lab is not running in containers: scripts/lab --compose up starts it'; }
require_database() {
  require_lab
  probe db || die 'the database does not answer: scripts/lab --compose status says what runs'
}

probe() { [[ $(compose_state "$1") == ready ]]; }

# ready, not ready, paused, dead (killed, or ended by itself), stopped: as of a native lab.
compose_state() {
  local state
  state=$(docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{with .State.Health}}{{.Status}}{{end}}' \
    "$(container_of "$1")" 2>/dev/null) || state=''
  case $state in
    'running 0 healthy') echo ready ;;
    running* | restarting*) echo 'not ready' ;;
    paused*) echo paused ;;
    'exited 0 '* | created* | '') echo stopped ;;
    *) echo dead ;;
  esac
}

# For people and for programs, as of a native lab.
status_lines() {
  local service address
  is_composed nginx || {
    say 'the lab is not running in containers: scripts/lab --compose up starts it'
    return 3
  }
  for service in $(known_services); do
    case $service in
      nginx) address=$(published nginx 8080) ;;
      rabbitmq) address=$(published rabbitmq 15672) ;;
      *) address='' ;;
    esac
    printf '%-10s %-10s %s\n' "$service" "$(compose_state "$service")" "${address:+http://$address}"
  done
}

# Of a lab that is down there are no containers, so no services either.
status_json() {
  local is_up=false name container
  ! is_composed nginx || is_up=true
  for name in $(known_services); do
    container=$(container_of "$name")
    service_json "$name" "$(compose_state "$name")" "$(published_by_configuration "$container")" '' '' '' \
      "$container" "$(docker inspect -f '{{.Id}}' "$container")"
  done | lab_json "$is_up" containers "$(configured_url)"
  [[ $is_up == true ]] || return 3
}

# Where a container is to be found on this machine while it runs, or would be: Nginx by its http, none of the others publishes
# more than one port.
published_by_configuration() {
  docker inspect -f '{{range $port, $all := .HostConfig.PortBindings}}{{range $all}}{{$port}} {{or .HostIp "127.0.0.1"}}:{{.HostPort}}{{println}}{{end}}{{end}}' "$1" |
    awk '$1 != "8443/tcp" && NF { print $2; exit }' | of_this_machine
}

# Who listens everywhere is to be found here, too.
of_this_machine() { sed -e 's/^0\.0\.0\.0:/127.0.0.1:/' -e 's/^\(\[::\]\|::\):/[::1]:/'; }

# Up or down; empty where the configuration is not complete.
configured_url() {
  local address=''
  if is_composed nginx && serves_tls; then
    public_url
    return
  fi
  ! is_composed nginx || address=$(published_by_configuration "$(container_of nginx)")
  [[ -n $address ]] || address=$(compose config 2>/dev/null | published_in_configuration 8080) || true
  echo "${address:+http://$address}"
}

# published_in_configuration PORT: of what `compose config` says, the address of this machine that leads there.
published_in_configuration() {
  awk -v target="$1" '
    $1 == "host_ip:" { host = $2 }
    $1 == "target:" { is_wanted = $2 == target }
    $1 == "published:" && is_wanted { gsub(/"/, "", $2); print host ":" $2; exit }' | of_this_machine
}

compose_fault() {
  local verb=$1 service='' container
  parse_service "$@"
  require_lab
  make_lab_dir # whoever started the containers
  take_lock
  require_service
  container=$(container_of "$service")
  case $verb in
    start)
      [[ $(compose_state "$service") != paused ]] || docker unpause "$container" >/dev/null
      docker start "$container" >/dev/null || die "$service does not start"
      wait_until 120 probe "$service" || die "$service is not ready: scripts/lab --compose logs $service"
      ;;
    stop)
      [[ $(compose_state "$service") != paused ]] || docker unpause "$container" >/dev/null
      docker stop "$container" >/dev/null || die "$service does not stop"
      ;;
    kill) docker kill "$container" >/dev/null 2>&1 || die "$service does not run" ;;
    pause) docker pause "$container" >/dev/null 2>&1 || die "$service does not run, or is paused already" ;;
    resume) docker unpause "$container" >/dev/null 2>&1 || die "$service is not paused" ;;
  esac
}

compose_logs() {
  local service='' is_following=no
  local -a follow=()
  parse_logs "$@"
  [[ $is_following == no ]] || follow=(-f)
  require_lab
  require_service
  exec docker logs --tail 100 "${follow[@]}" "$(container_of "$service")"
}

# ---- what spike and audit ask of a lab

# published SERVICE PORT: where a port of a container is to be found on this machine.
published() {
  local address
  address=$(docker port "$(container_of "$1")" "$2/tcp" 2>/dev/null | head -n 1) || true
  of_this_machine <<<"$address"
}
public_url() { if serves_tls; then echo "https://$(published nginx 8443)"; else echo "http://$(published nginx 8080)"; fi; }
serves_tls() { [[ -n $(variable_of nginx TICKETD_TLS_CERTIFICATE) ]]; }

lab_psql() {
  local container terminal=-i
  container=$(container_of db)
  [[ ! -t 0 || ! -t 1 ]] || terminal=-it
  docker exec "$terminal" -e PGAPPNAME=scripts/lab "$container" psql -X -U postgres -d ticketd "$@"
}

payments_off_mark() { echo "$lab_dir/payments-were-off-in-$compose_project"; }
phase_mark() { echo "$lab_dir/phase-in-$compose_project"; }
