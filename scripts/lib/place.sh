# shellcheck shell=bash
# Where a lab is: its directory, its ports, its secrets. Two labs side by side differ in nothing else.

lab_dir=$(realpath -m -- "${TICKETD_LAB_DIR:-$checkout/.lab}")
port_offset=${TICKETD_LAB_PORT_OFFSET:-0}
readonly lab_marker=.ticketd-lab # says that the directory is a lab, so that --wipe never forgets anything else

check_place() {
  # 9000 keeps the highest port (56379) below 65536.
  is_count "$port_offset" 0 9000 || usage_error "TICKETD_LAB_PORT_OFFSET is not a number from 0 to 9000: $port_offset"
  # A Unix socket's path has room for 107 characters (sun_path, unix(7)), and supervisord appends its process id.
  ((${#lab_dir} <= 70)) || die "the path of the lab's directory is too long for a Unix socket, set TICKETD_LAB_DIR: $lab_dir"
  [[ $lab_dir != *[\'\"%\;\$\\]* && $lab_dir != *[[:space:]]* ]] ||
    die "the lab's directory has a space or a quote in its path, set TICKETD_LAB_DIR: $lab_dir"
}

is_lab() { [[ -e $lab_dir/$lab_marker ]]; }

make_lab_dir() {
  if ! is_lab && [[ -d $lab_dir && -n $(ls -A "$lab_dir") ]]; then
    die "$lab_dir is not empty and not a lab: set TICKETD_LAB_DIR to another directory"
  fi
  mkdir -p "$lab_dir/logs" 2>/dev/null || die "cannot create $lab_dir"
  : >"$lab_dir/$lab_marker"
}

# What a lab begins with, and what RabbitMQ keeps free beside it; a large sale wants gigabytes more.
readonly lab_megabytes=500
check_room_of_lab() { check_room "$lab_dir" "$lab_megabytes" 'set TICKETD_LAB_DIR to another disk'; }

# port_of SERVICE: where it serves. ops_port_of SERVICE: where it says how it is.
port_of() {
  case $1 in
    nginx) echo $((8080 + port_offset)) ;;
    nginx-tls) echo $((8443 + port_offset)) ;;
    api-*) echo $((8080 + ${1#api-} + port_offset)) ;;
    payments) echo $((8095 + port_offset)) ;;
    db) echo $((55432 + port_offset)) ;;
    redis) echo $((56379 + port_offset)) ;;
    rabbitmq) echo $((55672 + port_offset)) ;;
    rabbitmq-dist) echo $((55673 + port_offset)) ;; # Erlang's own, for nodes of a cluster
    epmd) echo $((55674 + port_offset)) ;;
  esac
}

ops_port_of() {
  case $1 in
    api-*) echo $((9080 + ${1#api-} + port_offset)) ;;
    worker-*) echo $((9090 + ${1#worker-} + port_offset)) ;;
    payments) echo $((9096 + port_offset)) ;;
  esac
}

# The ports above leave room for this many.
readonly replicas_max=10 workers_max=5

# A secret is made once, of random bytes, in hexadecimal: nothing in it ever needs quoting.
readonly secrets=(admin-token secret db-password db-owner-password db-superuser-password amqp-password redis-password redis-operator-password)
make_secrets() {
  local name
  for name in "${secrets[@]}"; do
    [[ -s $lab_dir/$name ]] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' | write_file "$lab_dir/$name" 600
  done
}
secret() { cat "$lab_dir/$1"; }

# As ticketd comes to its servers, who may do no more than it does.
database_url() { echo "postgresql://ticketd:$(secret db-password)@127.0.0.1:$(port_of db)/ticketd"; }
redis_url() { echo "redis://ticketd:$(secret redis-password)@127.0.0.1:$(port_of redis)"; }
amqp_url() { echo "amqp://ticketd:$(secret amqp-password)@127.0.0.1:$(port_of rabbitmq)/ticketd"; }
# As whoever looks after them: the database's owner, and Redis' default user. (`lab psql` is the cluster's superuser, and
# RabbitMQ's tools come with Erlang's cookie.)
owner_url() { echo "postgresql://ticketd_owner:$(secret db-owner-password)@127.0.0.1:$(port_of db)/${1:-ticketd}"; }
redis_operator_url() { echo "redis://default:$(secret redis-operator-password)@127.0.0.1:$(port_of redis)"; }
public_url() {
  if serves_tls; then echo "https://127.0.0.1:$(port_of nginx-tls)"; else echo "http://127.0.0.1:$(port_of nginx)"; fi
}
