# shellcheck shell=bash
# The service nginx: deploy/nginx.conf with its blanks filled in.

# The soft limit of open files that a service gets (see run_header).
open_files_max() {
  local hard
  hard=$(ulimit -Hn)
  [[ $hard != unlimited ]] && ((hard < 65536)) && echo "$hard" || echo 65536
}

nginx_configuration() {
  local home=$lab_dir/nginx i
  local -a addresses=()
  local -x NGINX_PAGES=$home/pages NGINX_PROVIDER=''
  local -x NGINX_USER='' NGINX_DIR=$home NGINX_ACCESS_LOG=$lab_dir/logs/nginx-access.log NGINX_LISTEN NGINX_LISTEN_TLS
  local -x TICKETD_PURCHASE=${TICKETD_PURCHASE:-} TICKETD_RATE_LIMIT_EXEMPT=${TICKETD_RATE_LIMIT_EXEMPT:-on} TICKETD_HTTPS_PORT
  # `localhost` is either.
  NGINX_LISTEN="127.0.0.1:$(port_of nginx) [::1]:$(port_of nginx)"
  NGINX_LISTEN_TLS="127.0.0.1:$(port_of nginx-tls) [::1]:$(port_of nginx-tls)"
  TICKETD_HTTPS_PORT=$(port_of nginx-tls)
  [[ -n $TICKETD_PURCHASE ]] || TICKETD_PURCHASE=$(phase_settings | sed -n 's/^TICKETD_PURCHASE=//p')
  # Workers of a master that is root would become `nobody`, who may not enter a lab below /root.
  [[ $EUID != 0 ]] || NGINX_USER='user root;'
  for ((i = 1; i <= replicas; i++)); do addresses+=("unix:$(socket_of "api-$i")"); done
  [[ $payments == off || -n ${TICKETD_PAYMENTS_URL:-} || ${TICKETD_PAYMENTS:-on} == off ]] || NGINX_PROVIDER=sandbox
  mkdir -p "$home/temporary"
  "$checkout/deploy/nginx-configuration" "${addresses[@]}"
}

# Whether Nginx would take it, certificate and key among it, before anything is stopped or changed.
check_nginx() {
  local file=$lab_dir/nginx/checked said
  mkdir -p "$lab_dir/nginx"
  said=$(nginx_configuration 2>&1 >"$file" && /usr/sbin/nginx -t -q -e stderr -p "$lab_dir/nginx" -c "$file" 2>&1) ||
    die "nginx would not start with this, nothing is changed: $(grep -m 1 emerg <<<"$said" || tail -n 1 <<<"$said")"
  rm -f "$file"
}

configure_nginx() {
  local home=$lab_dir/nginx
  "$checkout/deploy/storefront/lay-out" "$home/pages"
  nginx_configuration 2>>"$(log_of nginx)" | write_file "$home/nginx.conf" 600
  {
    run_header nginx
    # Another certificate at the same place is a new configuration: up starts it again.
    [[ -z ${TICKETD_TLS_CERTIFICATE:-} ]] ||
      echo "# certificate $(cat "$TICKETD_TLS_CERTIFICATE" "$TICKETD_TLS_KEY" | sha256sum | cut -d ' ' -f 1)"
    set_aside_when_large "$lab_dir/logs/nginx-access.log"
    echo "rm -f $home/front-door.sock $home/closing # of one that was killed"
    echo "exec /usr/sbin/nginx -e stderr -p $home -c $home/nginx.conf -g 'daemon off;'"
  } | write_file "$home/run" 700
}

# Where it is asked how it is, whatever its buyers have to speak.
probe_nginx() { ask_nginx / >/dev/null; }
ask_nginx() { curl -sf -m 2 --unix-socket "$lab_dir/nginx/front-door.sock" "http://localhost$1"; }

# Other workers take over behind the same port, with configuration and certificate as they are now; those of before finish
# what they have in hand. As these close who is idle, buyers are told first, with each answer, to come by another
# connection (deploy/nginx.conf). Who has asked for nothing in these seconds will hardly do so in that very moment.
readonly idle_seconds_max=10 seconds_until_told=2 # twice open_file_cache_valid
hand_over_nginx() {
  local before
  before=$(nginx_workers)
  trap 'rm -f "$lab_dir/nginx/closing"' EXIT
  : >"$lab_dir/nginx/closing"
  sleep "$seconds_until_told"
  wait_until "$idle_seconds_max" is_nobody_idle || true
  supervisorctl signal HUP nginx >/dev/null || die 'nginx does not run any more'
  wait_until "$(ready_within nginx)" have_ended "$before" ||
    die "nginx has kept its workers, see $(log_of nginx) for why"
}
nginx_workers() { processes_of nginx | grep -vx "$(supervisorctl pid nginx)"; }
is_nobody_idle() { [[ $(ask_nginx /idle) == 0 ]]; }
have_ended() {
  local id
  for id in $1; do [[ ! -d /proc/$id ]] || return 1; done
}

# As it was last brought up.
serves_tls() { grep -qs '^ *ssl_certificate ' "$lab_dir/nginx/nginx.conf"; }
tls_port_of() { [[ $1 != nginx ]] || ! serves_tls || port_of nginx-tls; }

# The lab's own certificate, which nobody but the lab vouches for, where none is given: made once, and again a day before it
# is over.
make_certificate() {
  local home=$lab_dir/tls
  [[ -z ${TICKETD_TLS_CERTIFICATE:-} ]] || return 0
  export TICKETD_TLS_CERTIFICATE=$home/certificate.pem TICKETD_TLS_KEY=$home/key.pem
  # A browser that was made to trust it would want TLS of everything that is called localhost, for as long as this.
  export TICKETD_HSTS_SECONDS=${TICKETD_HSTS_SECONDS:-300}
  ! openssl x509 -in "$TICKETD_TLS_CERTIFICATE" -noout -checkend 86400 >/dev/null 2>&1 || return 0
  mkdir -p "$home"
  (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN=localhost \
    -addext 'subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1' -keyout "$TICKETD_TLS_KEY" -out "$TICKETD_TLS_CERTIFICATE") \
    >"$lab_dir/logs/openssl.log" 2>&1 || die "no certificate could be made: $(tail -n 1 "$lab_dir/logs/openssl.log")"
}
