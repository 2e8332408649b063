# shellcheck shell=bash
# Words that every script here uses: how to speak, how to fail, how to wait.

program=${0##*/}
# shellcheck disable=SC2034  # for those that source this
checkout=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../..")
# What scripts/install-packages brings that is no package of Debian's.
# shellcheck disable=SC2034
readonly tools=$checkout/build/tools

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "$program" "$*" >&2; }
die() {
  warn "$*"
  exit 1
}

# Whatever asks for something on this machine asks for it directly: a proxy in the environment is for the world outside.
no_proxy=localhost,127.0.0.1,::1${no_proxy:+,$no_proxy}
NO_PROXY=$no_proxy
export no_proxy NO_PROXY

# Said outright, because bash otherwise goes on when the command that it waits for survives a Ctrl-C.
trap 'exit 130' INT
trap 'exit 143' TERM

# A command line that makes no sense: one line why, one line where help is, exit status 2.
usage_error() {
  warn "$*"
  printf 'usage: %s\n' "$(usage_line)" >&2
  exit 2
}

# is_count TEXT LEAST MOST: a plain decimal number within the bounds (and not so long that bash would wrap it round).
is_count() {
  [[ $1 =~ ^(0|[1-9][0-9]{0,8})$ ]] && (($1 >= $2 && $1 <= $3))
}

# wait_until SECONDS COMMAND...: asks again and again until the command succeeds. Non-zero when the time is over.
readonly poll_interval=0.1
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep "$poll_interval"
  done
}

# write_file PATH MODE: standard input becomes the file, all of it or none, and never readable to others for a moment.
write_file() {
  local temporary=$1.new
  rm -f "$temporary"
  (umask 077 && cat >"$temporary")
  chmod "$2" "$temporary"
  mv -f "$temporary" "$1"
}

# check_room DIRECTORY MEGABYTES HINT: one line, rather than whatever breaks first on a full disk.
check_room() {
  local free
  free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  ((free >= $2)) || die "only $free MB are free on the disk of $1, and $2 are needed: make room, or $3"
}

contains() {
  local wanted=$1 item
  shift
  for item in "$@"; do [[ $item == "$wanted" ]] && return 0; done
  return 1
}
