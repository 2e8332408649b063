# shellcheck shell=bash
# scripts/lab audit, dead-letters and erase: what became of the orders, and of whom they are.

lab_audit() {
  local ledger='' tolerance=${TICKETD_AUDIT_TOLERANCE:-1} were_off=false report
  read_arguments audit LEDGER take_audit "$@"
  is_count "$tolerance" 0 86400 || usage_error "TICKETD_AUDIT_TOLERANCE is not a number of seconds: $tolerance"
  [[ -z $ledger ]] || check_ledger "$ledger"
  require_database
  [[ $(lab_psql -d ticketd -Atc "SELECT to_regclass('waiting_orders') IS NOT NULL") == t ]] ||
    die 'the database is empty: no ticketd has run on it yet'
  [[ ! -e $(payments_off_mark) ]] || were_off=true
  report=$(audit_script "$ledger" | lab_psql -d ticketd -At -v ledger="$ledger" -v tolerance="$tolerance" \
    -v payments_were_off="$were_off" -f -) || die 'the audit could not be made'
  printf '%s\n' "$report"
  [[ $report != breach:* ]]
}

take_audit() { ledger=$2; }

# audit.sql with the ledger's ids below its \copy, so that psql needs neither file where it runs.
audit_script() {
  local sql=$checkout/scripts/lib/audit.sql
  sed '/^\\copy /q' "$sql"
  [[ -z $1 ]] || sed 's/\r$//; /^$/d' "$1" | awk 1 # the last line too ends with a newline then
  echo '\.'
  sed '1,/^\\copy /d' "$sql"
}

check_ledger() {
  [[ -f $1 && -r $1 ]] || die "there is no such ledger: $1"
  local hex='[0-9a-fA-F]' malformed
  malformed=$(grep -nEvm 1 "^($hex{8}-$hex{4}-$hex{4}-$hex{4}-$hex{12})?"$'\r?$' "$1") || return 0
  die "not an order id: $1:${malformed:0:100}"
}

lab_dead_letters() {
  local action=list
  read_arguments dead-letters ACTION take_dead_letters "$@"
  require_lab
  probe rabbitmq || die 'the broker does not answer: scripts/lab status says what runs'
  # Debian's own Python, which python3-pika is installed for. The password goes by the environment.
  TICKETD_AMQP_URL=$(amqp_url) /usr/bin/python3 "$checkout/scripts/lib/dead_letters.py" "$action"
}

# First the rows, as a refusal comes from there; then what lies in the broker.
lab_erase() {
  local address='' said
  read_arguments erase ADDRESS take_address "$@"
  [[ -n $address ]] || usage_error 'erase takes an email address'
  require_database
  check_that_nothing_is_queued
  said=$(erase_rows "$address") || exit
  printf '%s\n' "$said"
  erase_dead_letters "${said%% is erased from *}"
}
take_address() { address=$2; }

erase_rows() { TICKETD_DATABASE_URL=$(database_url) "$(ticketd_binary)" --erase="$1"; }

has_broker() { known_services | grep -qx rabbitmq; }

# An order that is settled later would bring the address back.
check_that_nothing_is_queued() {
  has_broker || return 0
  probe rabbitmq || die 'the broker does not answer, and orders may wait there: scripts/lab status says what runs'
  TICKETD_AMQP_URL=$(amqp_url) /usr/bin/python3 "$checkout/scripts/lib/dead_letters.py" check-queue
}

erase_dead_letters() {
  has_broker || return 0
  TICKETD_AMQP_URL=$(amqp_url) TICKETD_ADDRESS=$1 /usr/bin/python3 "$checkout/scripts/lib/dead_letters.py" erase
}

take_dead_letters() { [[ $2 == replay ]] && action=$2 || usage_error "dead-letters takes replay or nothing, not: $2"; }
