# Prints the newest lines of the journal beside a map. Arguments: nonce, map, most lines, most bytes.
# Reply: a line "line JSON" for each, oldest first. Exit status: 0, 40 no map, 42 not readable
LC_ALL=C; export LC_ALL; set -u
n=$1 p=$2 lines=$3 bytes=$4
die() { c=$1; shift; printf '@%s ERR %s\n' "$n" "$(printf %s "$*" | tr '\n' ' ')"; exit "$c"; }
f=$(readlink -f -- "$p" 2>/dev/null) && [ -f "$f" ] || die 40 "$p"
j=${f%/*}/.isdeploy/journal
# No directory we may enter looks like no journal: that must not read as "nothing happened".
[ ! -d "${f%/*}/.isdeploy" ] || [ -x "${f%/*}/.isdeploy" ] || die 42 "${f%/*}/.isdeploy"
for part in "$j.1.jsonl" "$j.jsonl"; do
  [ -e "$part" ] || continue
  [ -r "$part" ] || die 42 "$part"
  tail -n "$lines" -- "$part"
  echo
done | tail -c "$bytes" | sed -n '/^{.*}$/p' | tail -n "$lines" | sed "s/^/@$n line /"
exit 0
