# shellcheck shell=bash
# The service nginx: deploy/nginx.conf with its blanks filled in.

# The soft limit of open files that a service gets (see run_header).
open_files_max() {
  local hard
  hard=$(ulimit -Hn)
  [[ $hard != unlimited ]] && ((hard < 65536)) && echo "$hard" || echo 65536
}

configure_nginx() {
  local home=$lab_dir/nginx i
  local -a addresses=()
  local -x NGINX_USER='' NGINX_WORKERS=auto NGINX_DIR=$home NGINX_ACCESS_LOG=$lab_dir/logs/nginx-access.log
  local -x NGINX_LISTEN NGINX_OPEN_FILES TICKETD_PURCHASE=${TICKETD_PURCHASE:-}
  NGINX_LISTEN=127.0.0.1:$(port_of nginx)
  NGINX_OPEN_FILES=$(open_files_max)
  [[ -n $TICKETD_PURCHASE ]] || TICKETD_PURCHASE=$(phase_settings | sed -n 's/^TICKETD_PURCHASE=//p')
  # Workers of a master that is root would become `nobody`, who may not enter a lab below /root.
  [[ $EUID != 0 ]] || NGINX_USER='user root;'
  for ((i = 1; i <= replicas; i++)); do addresses+=("unix:$(socket_of "api-$i")"); done
  mkdir -p "$home/temporary"
  "$checkout/deploy/nginx-configuration" "${addresses[@]}" | write_file "$home/nginx.conf" 600
  {
    run_header nginx
    set_aside_when_large "$NGINX_ACCESS_LOG"
    echo "exec /usr/sbin/nginx -e stderr -p $home -c $home/nginx.conf -g 'daemon off;'"
  } | write_file "$home/run" 700
}

probe_nginx() { curl -sf -o /dev/null -m 2 "$(public_url)/.front-door"; }
