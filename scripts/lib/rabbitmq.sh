# shellcheck shell=bash
# The service rabbitmq: a broker of the lab's own, and epmd, the port mapper that Erlang insists on.

# Two labs have two brokers: the name is made once, of random bytes, and stays when the checkout is moved, because the
# broker's files carry it.
node_name() {
  local file=$lab_dir/rabbitmq/node-name
  [[ -s $file ]] || echo "ticketd-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')@localhost" | write_file "$file" 600
  cat "$file"
}

configure_rabbitmq() {
  local home=$lab_dir/rabbitmq
  write_file "$home/rabbitmq.conf" 600 <<CONF
# Written by scripts/lab up.
listeners.tcp.1 = 127.0.0.1:$(port_of rabbitmq)
# Taken in at every start.
load_definitions = $home/definitions.json
log.file = false
log.console = true
log.console.level = warning
CONF
  # The only user. It has a virtual host to itself, no more than its own exchanges and queues in it (those of replicas
  # that listen are named by the broker), and no say elsewhere.
  write_file "$home/definitions.json" 600 <<JSON
{
  "vhosts": [{"name": "ticketd"}],
  "users": [{"name": "ticketd", "password": "$(secret amqp-password)", "tags": ""}],
  "permissions": [{"user": "ticketd", "vhost": "ticketd",
                   "configure": "^(ticketd\\\\.|amq\\\\.gen-)", "write": "^(ticketd\\\\.|amq\\\\.gen-)", "read": "^(ticketd\\\\.|amq\\\\.gen-)"}]
}
JSON
  # Debian's defaults in /etc/rabbitmq are for the package's own broker: both files are named so that they are not read.
  : | write_file "$home/environment.conf" 600
  echo '[].' | write_file "$home/enabled_plugins" 600
  {
    run_header rabbitmq
    cat <<RUN
export HOME=$home # Erlang's cookie lies in it
export RABBITMQ_NODENAME=$(node_name)
export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
export RABBITMQ_NODE_PORT=$(port_of rabbitmq)
export RABBITMQ_DIST_PORT=$(port_of rabbitmq-dist)
export ERL_EPMD_ADDRESS=127.0.0.1
export ERL_EPMD_PORT=$(port_of epmd)
export RABBITMQ_CONF_ENV_FILE=$home/environment.conf
export RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf
export RABBITMQ_ADVANCED_CONFIG_FILE=$home/advanced.config
export RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
export RABBITMQ_MNESIA_BASE=$home/data
export RABBITMQ_LOG_BASE=$home/log
export RABBITMQ_PID_FILE=$home/pid
# Erlang's schedulers wait busily by default, and are bound to cores: on two cores that steals from everything else.
export RABBITMQ_SCHEDULER_BIND_TYPE=u
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}'
# Without the shell script that would wait for the broker and pass signals on: Erlang's own process takes them itself.
export RUNNING_UNDER_SYSTEMD=true
exec /usr/lib/rabbitmq/bin/rabbitmq-server
RUN
  } | write_file "$home/run" 700
}

configure_epmd() {
  {
    run_header epmd
    echo "exec /usr/bin/epmd -address 127.0.0.1 -port $(port_of epmd)"
  } | write_file "$lab_dir/epmd/run" 700
}

# A broker that listens may still be starting; one that answers the protocol header with a method frame (type 1,
# AMQP 0-9-1 section 4.2.3) takes connections.
probe_rabbitmq() {
  local answer
  { exec {probe_fd}<>"/dev/tcp/127.0.0.1/$(port_of rabbitmq)"; } 2>/dev/null || return 1
  { printf 'AMQP\0\0\x09\x01' >&"$probe_fd"; } 2>/dev/null || true
  read -r -N 1 -t 2 -u "$probe_fd" answer || true
  exec {probe_fd}>&-
  [[ ${answer:-} == $'\x01' ]]
}

probe_epmd() { (: <>"/dev/tcp/127.0.0.1/$(port_of epmd)") 2>/dev/null; }

# With the broker's own environment: node, cookie and port mapper. Debian's /usr/sbin/rabbitmqctl insists on a user of its own.
lab_rabbitmqctl() (
  eval "$(grep '^export ' "$lab_dir/rabbitmq/run")"
  exec /usr/lib/rabbitmq/bin/rabbitmqctl -q "$@"
)
