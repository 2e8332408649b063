# shellcheck shell=bash
# The one way in which commands read their arguments.

# read_arguments COMMAND KNOWN TAKE ARGUMENTS...: calls `TAKE OPTION VALUE` for each of the arguments, in their order. KNOWN
# is a list: `--name=` takes a value, given as `--name value` or `--name=value`; `--name` and `-n` take none; NAME is a word
# without a dash, which may be given once, and as NAME... as often as one likes. For a word the option is NAME.
read_arguments() {
  local read_command=$1 read_known=" $2 " read_take=$3 read_name read_word='' read_words_left=0
  shift 3
  if [[ $read_known =~ ' '([A-Z]+)(\.*)' ' ]]; then
    read_word=${BASH_REMATCH[1]}
    [[ -n ${BASH_REMATCH[2]} ]] && read_words_left=$# || read_words_left=1
  fi
  while (($#)); do
    read_name=${1%%=*}
    if [[ $1 != -* && -n $read_word ]]; then
      ((read_words_left-- > 0)) || usage_error "$read_command takes one ${read_word,,}, not also: $1"
      "$read_take" "$read_word" "$1"
    elif [[ $1 != -* || $read_name == *[[:space:]]* || $read_known != *" $read_name"[=\ ]* ]]; then
      usage_error "$read_command does not know: $1"
    elif [[ $read_known == *" $read_name "* ]]; then
      [[ $1 != *=* ]] || usage_error "$read_name takes no value, not: ${1#*=}"
      "$read_take" "$read_name" ''
    elif [[ $1 == *=* ]]; then
      "$read_take" "$read_name" "${1#*=}"
    else
      (($# > 1)) || usage_error "$read_name needs a value"
      "$read_take" "$read_name" "$2"
      shift
    fi
    shift
  done
}
