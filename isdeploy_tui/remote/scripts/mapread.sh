# Prints one file. Arguments: nonce, path, most bytes to read.
# Reply: "file SIZE MTIME NOW ENCODING DATA", NOW this host's clock, ENCODING b (base64) or x (hexadecimal).
# Exit status: 0, or
#   40 missing   41 not a regular file   42 permission denied   43 too big   44 anything else   45 keeps changing
LC_ALL=C; export LC_ALL; set -u
n=$1 p=$2 limit=$3
die() { c=$1; shift; printf '@%s ERR %s\n' "$n" "$(printf %s "$*" | tr '\n' ' ')"; exit "$c"; }
if command -v base64 >/dev/null 2>&1; then e=b; encode() { base64 | tr -d '\n'; }
else e=x; encode() { od -An -v -tx1 | tr -d ' \n'; }; fi
look() { stat -L -c '%s %Y %d.%i.%y.%z' -- "$p" 2>&1; }
i=0
while i=$((i + 1)); [ $i -le 5 ]; do
  s=$(look) || case $s in
    *'Permission denied'*) die 42 "$s";;
    *'No such file or directory'* | *'Not a directory'*) die 40 "$s";;
    *) die 44 "$s";;
  esac
  [ -f "$p" ] || die 41 'not a regular file'
  size=${s%% *} x=${s#* } mtime=${x%% *}
  [ "$size" -le "$limit" ] || die 43 "$size bytes"
  { command exec 4<"$p"; } 2>/dev/null || die 42 'cannot be opened'
  data=$(head -c $((limit + 1)) <&4 | encode)
  # Whoever writes in place lets us read half a file: only what stood still is the file.
  if [ "$(look)" = "$s" ]; then
    printf '@%s file %s %s %s %s ' "$n" "$size" "$mtime" "$(date +%s)" $e
    printf '%s\n' "$data"
    exit 0
  fi
done
die 45 'changes while it is read'
