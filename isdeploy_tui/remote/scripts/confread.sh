# Reads configuration files by name or pattern. Reads only.
# Arguments: nonce, most bytes of a file, then paths or patterns (shell globs, as httpd's Include takes them; a
# directory stands for all files in it). Replies:
#   "glob N" begins the answer to pattern N, then for each of its files "file PATH" and, at its first time,
#   "text PATH CONTENT" or "refused PATH REASON"; "none REASON" when a pattern's place could not be looked at
# PATH and CONTENT are encoded words. Exit status: 0
LC_ALL=C; export LC_ALL; set -u
n=$1 most=$2; shift 2
say() { printf '@%s %s\n' "$n" "$*"; }
#include encode.sh
word() { printf '%s:' "$e"; printf %s "$1" | encode; }
NL='
'
seen=$NL count=0
give() {
  w=$(word "$1")
  say file "$w"
  case $seen in *"$NL$w$NL"*) return 0;; esac
  seen="$seen$w$NL" count=$((count + 1))
  if [ ! -r "$1" ]; then say refused "$w" 'this account may not read it'
  elif [ $count -gt 1000 ]; then say refused "$w" 'it is one of more than 1000 files'
  elif [ "$(stat -L -c %s -- "$1")" -gt "$most" ]; then say refused "$w" 'it is too big'
  else say text "$w" "$e:$(encode <"$1")"; fi
}
i=0
for p; do
  say glob $i
  i=$((i + 1))
  none=yes
  IFS=
  for f in $p; do
    if [ -d "$f" ]; then
      unset IFS
      if [ ! -r "$f" ] || [ ! -x "$f" ]; then say none "$f may not be listed by this account"; fi
      find "$f" \( -type f -o -type l \) 2>/dev/null | sort | while IFS= read -r x; do [ ! -f "$x" ] || give "$x"; done
      none=
    elif [ -f "$f" ]; then unset IFS; give "$f"; none=
    fi
  done
  unset IFS
  [ "$none" ] || continue
  # Nothing there, or nothing to be seen: the nearest directory above tells.
  d=${p%%[*?[]*} d=${d%/*}
  while [ "$d" ] && [ ! -d "$d" ]; do
    why=$(stat -L -- "$d" 2>&1)
    case $why in *'Permission denied'*) break;; esac
    d=${d%/*}
  done
  d=${d:-/}
  if [ ! -r "$d" ] || [ ! -x "$d" ]; then say none "$d may not be looked into by this account"
  elif [ -e "$p" ] || [ "$p" != "${p%%[*?[]*}" ]; then say none ''
  else say none 'it does not exist'; fi
done
exit 0
