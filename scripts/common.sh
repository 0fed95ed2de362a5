# shellcheck shell=bash
# What the scripts in bash share. It is sourced, never run.

# The comment at the head of the script that runs, which is its help.
print_help() { sed -n '2,/^[^#]/{/^#/!d; /^# shellcheck/d; s/^# \{0,1\}//p}' "$0"; }

# The script as a user names it: from the repository's root.
script_name() {
  local path root
  path="$(readlink -f "$0")"
  root="$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")"
  echo "${path#"$root"/}"
}

# One sentence, and status 1.
fail() {
  echo "$(script_name): $*" >&2
  exit 1
}

# What is not understood: the sentence, the lines of the help that show how the script is called, and status 2.
usage_error() {
  echo "$(script_name): $*" >&2
  echo "usage:" >&2
  { print_help | grep '^  ' || echo "  $(script_name)"; } >&2
  exit 2
}

# Ends with the help where that is all that was asked for.
help_if_asked() {
  case "${1:-}" in
    -h | --help) print_help; exit 0 ;;
  esac
}

# Megabytes that are free where a file or folder is, or will be.
free_megabytes() {
  local path="$1"
  while [ ! -e "$path" ]; do path="$(dirname "$path")"; done
  df --output=avail -BM "$path" | tail -n 1 | tr -dc 0-9
}

# Of so many megabytes, those that a folder does not hold yet: still_to_come MEGABYTES FOLDER
still_to_come() {
  local held=0
  if [ -d "$2" ]; then held="$(du -sm "$2" | cut -f 1)"; fi
  echo $(($1 > held ? $1 - held : 0))
}

# need_space MEGABYTES PATH WHAT [HOW TO MAKE ROOM]: ends where there is too little.
need_space() {
  local free
  free="$(free_megabytes "$2")"
  if [ "$free" -lt "$1" ]; then
    fail "$3 takes $1 MB, and the disk of $(realpath -m "$2") has $free MB free. Make room there${4:+, $4}, and give the same command again."
  fi
}
