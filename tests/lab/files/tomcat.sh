#!/bin/sh
# tomcat.sh start|stop|wait: this Tomcat as a process. "wait" returns when the start that runs has been logged.
CATALINA_BASE=$(dirname "$(readlink -f "$0")")
. "$CATALINA_BASE/lab.sh"
export CATALINA_BASE CATALINA_HOME JAVA_HOME
log=$CATALINA_BASE/logs/catalina.out
pid=$(cat "$CATALINA_BASE/tomcat.pid" 2>/dev/null)
runs() { [ -n "$pid" ] && grep -qs -F "$CATALINA_BASE" "/proc/$pid/cmdline"; }

case $1 in
start)
  # Where this start's messages begin, for "wait".
  : >>"$log"
  wc -c <"$log" >"$CATALINA_BASE/start.offset"
  rm -f "$CATALINA_BASE/tomcat.pid"
  exec "$CATALINA_HOME/bin/catalina.sh" start </dev/null
  ;;
stop)
  runs || exit 0
  kill "$pid"
  i=0
  while runs; do
    i=$((i + 1))
    [ "$i" -lt 100 ] || kill -9 "$pid"
    sleep 0.1
  done
  ;;
wait)
  offset=$(cat "$CATALINA_BASE/start.offset")
  i=0
  until tail -c "+$((offset + 1))" "$log" | grep 'Server startup in'; do
    i=$((i + 1))
    if [ "$i" -gt 600 ] || ! runs; then
      echo "Tomcat did not start" >&2
      exit 1
    fi
    sleep 0.1
  done
  ;;
esac
