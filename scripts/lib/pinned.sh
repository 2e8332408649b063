# shellcheck shell=bash
# Releases of the tools that are no packages of Debian's: scripts/install-packages builds them with Go, or takes them from
# npm, below build/tools. Those of PyPI stand in the files *-requirements.txt, in pip's own form.
# shellcheck disable=SC2034  # for those that source this

readonly actionlint_version=1.7.4  # the last one that the Go of Debian 12 builds
readonly vegeta_version=12.11.1    # the last one that the Go of Debian 12 builds
readonly k6_version=1.8.1          # summaries of two runs compare only when one k6 made both
readonly k6_go_version=1.25.12     # what that version is built with
readonly redocly_version=2.77.0    # of npm; another release has other rules
readonly swagger_ui_version=5.35.0 # of npm; scripts/fetch-swagger-ui fetches it
