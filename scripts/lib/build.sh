# shellcheck shell=bash
# How the scripts build: into build/PRESET, quietly, and one of them at a time.

# log_of_build PRESET: what the compiler says.
log_of_build() { echo "$checkout/build/$1.log"; }

# build_targets PRESET TARGET...: two builds at once in one directory would ruin each other's files, so one waits.
build_targets() {
  local preset=$1 log
  log=$(log_of_build "$preset")
  mkdir -p "$checkout/build"
  (
    flock 9 && cd "$checkout" &&
      { cmake --preset "$preset" && cmake --build --preset "$preset" --target "${@:2}"; } >"$log" 2>&1 9>&-
  ) 9>"$checkout/build/$preset.lock" || {
    tail -n 30 "$log" >&2
    die "it does not build: the whole log is $log"
  }
}

# The executable as it is deployed.
build_release() {
  if [[ ! -x $checkout/build/release/roles/ticketd ]]; then
    check_room "$checkout" 1500 'move the checkout to another disk'
    say "building ticketd: a few minutes the first time ($(log_of_build release))"
  fi
  build_targets release ticketd
}
