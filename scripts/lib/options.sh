# shellcheck shell=bash
# The one way in which commands read their options.

# read_option COMMAND KNOWN ARGUMENTS...: the first of the arguments. KNOWN is a list: `--name=` takes a value, given as
# `--name value` or `--name=value`, and `--name` takes none. Leaves, in variables of the caller's, which `option` it is, its
# `value`, and how many arguments it has `taken`.
# shellcheck disable=SC2034  # the caller's variables
read_option() {
  local command=$1 known=" $2 "
  shift 2
  option=${1%%=*} value='' taken=1
  if [[ $known == *" $option= "* ]]; then
    if [[ $1 == *=* ]]; then
      value=${1#*=}
    else
      (($# > 1)) || usage_error "$option needs a value"
      value=$2 taken=2
    fi
  elif [[ $known != *" $1 "* || $1 == *' '* ]]; then
    usage_error "$command does not know: $1"
  fi
}
