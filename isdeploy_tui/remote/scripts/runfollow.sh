# Follows a run's output. Arguments: nonce, run id. Each line of standard input is the offset to read from; the answer
# is "running|ended|lost SIZE CODE", then "ENCODING DATA" from that offset (not all of it at once), then ".".
# SIZE was looked up after the end: who has that many bytes has all. Exit status 40 before ready: no such run.
LC_ALL=C; export LC_ALL; set -u
#include runstanding.sh
#include encode.sh
d=$RUNS/$2
[ -f "$d/log" ] || { printf '@%s ERR\n' "$1"; exit 40; }
printf '@%s ready\n' "$1"
while read -r offset; do
  standing "$d"
  size=$(stat -c %s -- "$d/log" 2>/dev/null) || size=0
  printf '%s %s %s\n%s ' $standing "$size" "$rc" $e
  [ "$size" -le "$offset" ] ||
    { dd bs=1 skip="$offset" count=0; dd bs=65536 count=8; } <"$d/log" 2>/dev/null | encode
  printf '\n.\n'
done
exit 0
