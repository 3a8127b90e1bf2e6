# Starts a program as a run that goes on without us.
# Arguments: nonce, run id, label, Tomcat, fingerprints of secret words, program, its arguments.
# Replies: "OK STARTED", "OK ALREADY" (this id was started before) | "ERR what was found". Exit status: 0, or
#   40 no such program   42 not executable     45 another run of that Tomcat goes on   48 locked   59 anything else
#   41 not a file        44 no home directory  46 no state directory                   50 disk full
# Kept in ~/.local/state/isdeploy/runs/ID: meta, log (all output), pid, and rc once it has ended.
# The program gets this account's locale and umask: nothing here may change them for it.
set -u
n=$1 id=$2 label=$3 tomcat=$4 veiled=$5; shift 5
KEEP=50
say() { printf '@%s %s\n' "$n" "$*"; }
line() { printf %s "$*" | tr '\n' ' '; }
die() { c=$1; shift; say "ERR $(line "$@")"; exit "$c"; }
fail() { case $2 in *'No space left'* | *'quota exceeded'*) die 50 "$2";; esac; die "$1" "$2"; }
#include lock.sh
#include runstanding.sh
case $1 in
  */*) [ -e "$1" ] || die 40 "$1"; [ -f "$1" ] || die 41 "$1"; [ -x "$1" ] || die 42 "$1";;
  *) command -v -- "$1" >/dev/null 2>&1 || die 40 "$1";;
esac
[ -d "${HOME:-}" ] || die 44 "${HOME:-}"
mask=$(umask)
umask 077
e=$(LC_ALL=C mkdir -p -- "$RUNS" 2>&1) || fail 46 "$e"
trap let_go 0
trap 'exit 59' 1 2 13 15
hold "$RUNS" start 5 || { [ -z "$cannot" ] || fail 46 "$cannot"; die 48 'another run is being started'; }
d=$RUNS/$id
if [ -e "$d/pid" ] || [ -e "$d/rc" ]; then say OK ALREADY; exit 0; fi
tomcat=$(line "$tomcat")
if [ "$tomcat" ]; then
  for o in "$RUNS"/*; do
    [ -f "$o/meta" ] && [ "$o" != "$d" ] || continue
    standing "$o"
    [ "$standing" = running ] || continue
    while read -r k x; do
      [ "$k" != tomcat ] || [ "$x" != "$tomcat" ] || die 45 "${o##*/}"
    done <"$o/meta"
  done
fi
# The newest stay; what still runs stays in any case.
i=0
ls -1t -- "$RUNS" | while read -r o; do
  i=$((i + 1))
  [ $i -ge $KEEP ] && [ "$o" != "$id" ] || continue
  standing "$RUNS/$o"
  [ "$standing" = running ] || rm -rf -- "${RUNS:?}/$o"
done
# The room for what is written at the end is taken now: a deploy that fills the disk must not lose its exit code.
# cat writes it, as a shell's own printf does not say why it cannot.
room() { printf '%200s\n' '' | cat >"$d/$1"; }
e=$(LC_ALL=C; export LC_ALL
  { mkdir -p -- "$d" &&
    printf 'started %s\nlabel %s\ntomcat %s\nveiled %s\n' \
      "$(date +%s)" "$(line "$label")" "$tomcat" "$(line "$veiled")" | cat >"$d/meta" &&
    : >>"$d/log" && room pid.new && room rc.new; } 2>&1) || fail 59 "${e:-cannot write to $d}"
runner='
d=$1 mask=$2; shift 2
mkdir "$d/started" 2>/dev/null || exit 0
trap "" HUP
born=- boot=- own=$ISDEPLOY_OWN
unset ISDEPLOY_OWN
{ IFS= read -r x <"/proc/$$/stat" && read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null && {
  x=${x##*) }
  born=$(set -- $x; echo "${20}")
  own=$(set -- $x; [ "$3" = "$$" ] && echo yes || echo no)
}
printf "%-150s\n" "$$ $born $boot $own" 1<>"$d/pid.new" && mv "$d/pid.new" "$d/pid"
umask "$mask"
if [ "$own" = yes ]; then
  # A cancel reaches the whole process group. In the foreground, as "wait" may lose the exit status of a program that
  # ends in the moment a signal comes (bash 5.2) or returns the signal instead.
  trap : TERM INT
  # In a shell of its own, as some tell of a death by a signal where the output goes, too.
  (exec "$@" </dev/null >>"$d/log" 2>&1)
  rc=$?
else
  trap "kill -TERM \$c" TERM INT
  "$@" </dev/null >>"$d/log" 2>&1 & c=$!
  while wait "$c"; rc=$?; kill -0 "$c" 2>/dev/null; do :; done
  [ "$rc" -le 128 ] || { wait "$c"; x=$?; [ "$x" = 127 ] || rc=$x; }
fi
printf "%-15s\n" "$rc" 1<>"$d/rc.new" && mv "$d/rc.new" "$d/rc"
'
own=yes
if command -v setsid >/dev/null 2>&1; then detach() { exec setsid "$@"; }
elif busybox setsid true 2>/dev/null; then detach() { exec busybox setsid "$@"; }
elif command -v perl >/dev/null 2>&1; then detach() { exec perl -e 'use POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV' "$@"; }
else own=no; detach() { trap '' 1; exec "$@"; }; fi
( ISDEPLOY_OWN=$own; export ISDEPLOY_OWN
  detach sh -c "$runner" isdeploy "$d" "$mask" "$@" ) </dev/null >/dev/null 2>&1 3<&- 9<&- &
i=0
until [ -e "$d/pid" ] || [ -e "$d/rc" ]; do
  i=$((i + 1))
  [ $i -lt 50 ] || die 59 'it did not begin'
  [ $i -lt 5 ] && nap=0.02 || nap=0.1
  sleep $nap 2>/dev/null || sleep 1
done
say OK STARTED
exit 0
