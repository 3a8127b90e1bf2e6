#!/bin/sh
# The embedded world's bin/startup.sh and bin/shutdown.sh, by the name it is called.
base=$(cd "$(dirname "$0")/.." && pwd)
echo "Using CATALINA_BASE:   $base"
echo "Using CATALINA_HOME:   /usr/share/tomcat10"
case ${0##*/} in
  startup.sh) order=start ;;
  shutdown.sh) order=stop ;;
  *) echo "call it startup.sh or shutdown.sh" >&2; exit 64 ;;
esac
if [ "$order" = stop ] && [ ! -e "$base/temp/running" ]; then
  echo 'Tomcat is not running.' >&2
  exit 1
fi
# Opened for reading too, so that this cannot hang when the world is gone.
echo "$order" 1<>"$base/temp/control"
[ "$order" = stop ] || echo 'Tomcat started.'
