# shellcheck shell=bash
# The service nginx: deploy/nginx.conf with its blanks filled in.

# Every replica stands there twice, the second time as a backup that is never taken out: see deploy/nginx.conf.
api_upstreams() {
  local i address
  for ((i = 1; i <= replicas; i++)); do
    address=127.0.0.1:$(port_of "api-$i")
    printf 'server %s max_fails=3 fail_timeout=2s; ' "$address"
    ((replicas == 1)) || printf 'server %s max_fails=0 backup; ' "$address"
  done
}

# The soft limit of open files that a service gets (see run_header).
open_files_max() {
  local hard
  hard=$(ulimit -Hn)
  [[ $hard != unlimited ]] && ((hard < 65536)) && echo "$hard" || echo 65536
}

# Purchases that are answered after the payment (phases 1 and 2) may take as long as the payment's own deadline.
api_read_timeout() {
  local purchase=${TICKETD_PURCHASE:-}
  [[ -n $purchase ]] || purchase=$(phase_settings | sed -n 's/^TICKETD_PURCHASE=//p')
  [[ $purchase == sync ]] && echo 15s || echo 5s
}

configure_nginx() {
  local home=$lab_dir/nginx
  local -x NGINX_USER='' NGINX_DIR=$home NGINX_ACCESS_LOG=$lab_dir/logs/nginx-access.log
  local -x NGINX_LISTEN NGINX_OPEN_FILES API_SERVERS API_READ_TIMEOUT RATE_LIMIT RATE_LIMIT_BURST RATE_LIMIT_OF_LAB
  NGINX_LISTEN=127.0.0.1:$(port_of nginx)
  NGINX_OPEN_FILES=$(open_files_max)
  API_SERVERS=$(api_upstreams)
  API_READ_TIMEOUT=$(api_read_timeout)
  RATE_LIMIT=${TICKETD_RATE_LIMIT:-20}
  RATE_LIMIT_BURST=${TICKETD_RATE_LIMIT_BURST:-40}
  RATE_LIMIT_OF_LAB=0
  [[ ${TICKETD_RATE_LIMIT_EXEMPT:-on} == on ]] || RATE_LIMIT_OF_LAB=1
  # Workers of a master that is root would become `nobody`, who may not enter a lab below /root.
  [[ $EUID != 0 ]] || NGINX_USER='user root;'
  mkdir -p "$home/temporary"
  # Only these: Nginx's own variables look the same to envsubst.
  # shellcheck disable=SC2016
  envsubst '${NGINX_USER} ${NGINX_DIR} ${NGINX_LISTEN} ${NGINX_OPEN_FILES} ${NGINX_ACCESS_LOG} ${API_SERVERS}
    ${API_READ_TIMEOUT} ${RATE_LIMIT} ${RATE_LIMIT_BURST} ${RATE_LIMIT_OF_LAB}' \
    <"$checkout/deploy/nginx.conf" | write_file "$home/nginx.conf" 600
  {
    run_header nginx
    set_aside_when_large "$NGINX_ACCESS_LOG"
    echo "exec /usr/sbin/nginx -e stderr -p $home -c $home/nginx.conf -g 'daemon off;'"
  } | write_file "$home/run" 700
}

# Any answer will do: which one it is depends on the replicas behind.
probe_nginx() { curl -s -o /dev/null -m 2 "$(public_url)/"; }
