# Looks at files whenever a line comes on standard input, and ends with it. Arguments: nonce, most bytes a file, paths.
# Answers a line for each path in order, then ".":
#   "=" as before | "+ SIZE MTIME NOW ENCODING DATA", NOW this host's clock, ENCODING b (base64) or x (hexadecimal)
#   | "! CODE what was found", with the codes of mapread.sh
# The line "all" asks for every content again. A path "leases:MAP" is the leases file beside that map's real file.
LC_ALL=C; export LC_ALL; set -u
printf '@%s ready\n' "$1"
limit=$2; shift 2
i=$#
while [ $i -gt 0 ]; do
  p=$1; shift
  case $p in leases:*) p=$(readlink -f -- "${p#leases:}"); p=${p%/*}/.isdeploy/leases;; esac
  set -- "$@" "$p"
  i=$((i - 1))
done
if command -v base64 >/dev/null 2>&1; then e=b; encode() { base64 | tr -d '\n'; }
else e=x; encode() { od -An -v -tx1 | tr -d ' \n'; }; fi
glance() { stat -L -c '%s %Y %d.%i.%y.%z' -- "$@" 2>&1; }
no() { printf '! %s %s\n' "$1" "$(printf %s "$2" | tr '\n' ' ')"; }
send() {  # path, what it looked like before; leaves in s what it looks like now
  j=0
  while j=$((j + 1)); [ $j -le 5 ]; do
    s=$(glance "$1") || {
      case $s in
        *'Permission denied'*) no 42 "$s";;
        *'No such file or directory'* | *'Not a directory'*) no 40 "$s";;
        *) no 44 "$s";;
      esac
      s=; return
    }
    [ "$s" != "$2" ] || { echo =; return; }
    [ -f "$1" ] || { no 41 'not a regular file'; s=; return; }
    size=${s%% *} x=${s#* } mtime=${x%% *}
    [ "$size" -le "$limit" ] || { no 43 "$size bytes"; s=; return; }
    { command exec 4<"$1"; } 2>/dev/null || { no 42 'cannot be opened'; s=; return; }
    data=$(head -c $((limit + 1)) <&4 | encode)
    # Whoever writes in place lets us read half a file: only what stood still is the file.
    if [ "$(glance "$1")" = "$s" ]; then
      printf '+ %s %s %s %s ' "$size" "$mtime" "$(date +%s)" $e
      printf '%s\n' "$data"
      return
    fi
  done
  no 45 'changes while it is read'; s=
}
seen=
while read -r tick; do
  # Where nothing has changed, a look is one process, whatever the number of files.
  all=$(glance "$@")
  [ "$tick" != all ] && [ "$all" = "$seen" ] && {
    for p in "$@"; do echo =; done
    echo .
    continue
  }
  seen=$all i=0
  for p in "$@"; do
    i=$((i + 1)) s=
    [ "$tick" = all ] || eval "s=\${seen$i:-}"
    send "$p" "$s"
    eval "seen$i=\$s"
  done
  echo .
done
exit 0
