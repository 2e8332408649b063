# shellcheck shell=bash
# The labs that the tests run in: two, as tests/labs.json says to CTest, which runs so many of these tests at a time. Most of
# the time a test waits for servers that start, stop or recover. The first lab is the one that the environment names.

readonly test_labs=(1 2)

# in_test_lab NUMBER COMMAND...
in_test_lab() {
  local directory=$TICKETD_LAB_DIR
  (($1 == 1)) || directory+=-$1
  TICKETD_LAB_DIR=$directory TICKETD_LAB_PORT_OFFSET=$((TICKETD_LAB_PORT_OFFSET - 500 * ($1 - 1))) "${@:2}"
}

in_each_test_lab() {
  local number
  for number in "${test_labs[@]}"; do in_test_lab "$number" "$@"; done
}
