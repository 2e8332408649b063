# shellcheck shell=bash
# The service redis.

configure_redis() {
  write_file "$lab_dir/redis/redis.conf" 600 <<CONF
# Written by scripts/lab up.
bind 127.0.0.1
port $(port_of redis)
dir $lab_dir/redis
daemonize no
$(cat "$checkout/deploy/redis.conf")
requirepass $(secret redis-operator-password)
$(ticketd_acl "$(secret redis-password)")
CONF
  {
    run_header redis
    echo "exec /usr/bin/redis-server $lab_dir/redis/redis.conf"
  } | write_file "$lab_dir/redis/run" 700
}

# ticketd_acl PASSWORD: what the user ticketd may do in Redis. docs/operations.md has it too.
ticketd_acl() { echo "user ticketd on >$1 ~ticketd:* -@all +ping +select +get +set +getrange +eval +evalsha"; }

# It answers nobody who does not say who he is: that will do.
probe_redis() {
  local answer
  { exec {probe_fd}<>"/dev/tcp/127.0.0.1/$(port_of redis)"; } 2>/dev/null || return 1
  { printf 'PING\r\n' >&"$probe_fd"; } 2>/dev/null || true
  read -r -t 2 -u "$probe_fd" answer || true
  exec {probe_fd}>&-
  [[ ${answer:-} == -NOAUTH* ]]
}
