# Says how a run stands. Arguments: nonce, run id. Reply: "standing running|ended|lost CODE", "size BYTES" of its
# output, then its meta. Exit status: 0, or 40 no such run.
LC_ALL=C; export LC_ALL; set -u
n=$1
say() { printf '@%s %s\n' "$n" "$*"; }
#include runstanding.sh
d=$RUNS/$2
[ -f "$d/meta" ] || { say ERR; exit 40; }
standing "$d"
say standing $standing $rc
say size "$(stat -c %s -- "$d/log" 2>/dev/null || echo 0)"
while read -r x; do say "$x"; done <"$d/meta"
exit 0
