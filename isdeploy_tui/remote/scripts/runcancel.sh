# Ends a run: SIGTERM to all its processes. Arguments: nonce, run id. Replies: TERMINATED | "ENDED" (it runs no more).
# Exit status: 0, or 40 no such run, 59 the signal could not be sent.
LC_ALL=C; export LC_ALL; set -u
n=$1
say() { printf '@%s %s\n' "$n" "$*"; }
#include runstanding.sh
d=$RUNS/$2
[ -d "$d" ] || { say ERR; exit 40; }
standing "$d"
[ "$standing" = running ] && alive "$d" || { say ENDED; exit 0; }
# Without a process group of its own the runner passes the signal on.
[ "$own" != yes ] || pid=-$pid
e=$(kill -TERM "$pid" 2>&1) || { say "ERR $e"; exit 59; }
say TERMINATED
exit 0
