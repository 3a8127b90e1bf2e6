# Counts the requests in flight in one Tomcat from its thread dump. Reads only.
# $2: its catalina.out. Answers "count N" or "none REASON".
LC_ALL=C; export LC_ALL; set -u
n=$1 log=$2
say() { printf '@%s %s\n' "$n" "$*"; }

# catalina.out is $CATALINA_BASE/logs/catalina.out unless CATALINA_OUT moves it: then no process matches, and it is said.
base=$(readlink -f -- "${log%/*}/.." 2>/dev/null) || base=
[ -n "$base" ] || { say "none the log's directory cannot be read"; exit 0; }
pid=
# One grep for all processes; each of the few Java servers among them is then looked at more closely.
for c in $(grep -l -e '-Dcatalina\.base=' /proc/[0-9]*/cmdline 2>/dev/null); do
  home=$(tr '\0' '\n' <"$c" 2>/dev/null | sed -n 's/^-Dcatalina\.base=//p' | head -n 1)
  [ -n "$home" ] && [ "$(readlink -f -- "$home" 2>/dev/null)" = "$base" ] || continue
  pid=${c#/proc/} pid=${pid%/cmdline}
  break
done
[ -n "$pid" ] || { say "none no running Tomcat with catalina.base $base was found"; exit 0; }

java=$(readlink "/proc/$pid/exe" 2>/dev/null) || java=
jcmd=
for c in "${java%/*}/jcmd" "${java%/jre/bin/java}/bin/jcmd" "$(command -v jcmd 2>/dev/null)"; do
  [ -x "$c" ] && { jcmd=$c; break; }
done
[ -n "$jcmd" ] || { say "none there is no jcmd (it comes with a JDK, not with a JRE)"; exit 0; }
owner=$(stat -c %U -- "/proc/$pid") me=$(id -un)
as=
[ "$owner" = "$me" ] || as="sudo -n -u $owner"
[ -z "$as" ] || command -v sudo >/dev/null 2>&1 || { say "none the Tomcat runs as $owner, we are $me, and there is no sudo"; exit 0; }
dump=$($as "$jcmd" "$pid" Thread.print 2>/dev/null) || { say "none jcmd could not ask process $pid (it runs as $owner)"; exit 0; }
case $dump in *'Full thread dump'*) ;; *) say "none jcmd gave no thread dump of process $pid"; exit 0 ;; esac
# One CoyoteAdapter.service in the stacks is one request that is being answered.
say "count $(printf '%s\n' "$dump" | grep -c 'org\.apache\.catalina\.connector\.CoyoteAdapter\.service')"
