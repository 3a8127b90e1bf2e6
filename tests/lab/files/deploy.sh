#!/bin/sh
# deploy.sh [OPTION…] VERSION: stop the Tomcat, install the version, start it and wait until it is up.
#   --exit N       fail with that status before anything is touched
#   --print BYTES  print that much first
#   --linger       leave a background child that keeps standard output open
#   --sleep S      take that much longer
#   --no-restart   leave the Tomcat alone
#   --no-start     install a version that does not start
set -u
base=$(dirname "$(readlink -f "$0")")
exit_status= print= linger= sleep= restart=yes start=yes version=
while [ $# -gt 0 ]; do
  case $1 in
  --exit) exit_status=$2; shift ;;
  --print) print=$2; shift ;;
  --linger) linger=yes ;;
  --sleep) sleep=$2; shift ;;
  --no-restart) restart= ;;
  --no-start) start= ;;
  *) version=$1 ;;
  esac
  shift
done
[ -n "$version" ] || { echo "usage: deploy.sh [OPTION…] VERSION" >&2; exit 2; }

echo "Deploying $version to $(basename "$base")"
[ -z "$print" ] || yes 'unpacking one more file of a large application, as some scripts do' | head -c "$print"
[ -z "$linger" ] || sleep 300 &
[ -z "$sleep" ] || sleep "$sleep"
if [ -n "$exit_status" ]; then
  echo "cannot unpack $version" >&2
  exit "$exit_status"
fi
if [ -n "$restart" ]; then
  "$base/tomcat.sh" stop
  echo "Stopped"
fi
printf '%s\n' "$version" >"$base/version.new" && mv "$base/version.new" "$base/version"
if [ -n "$restart" ]; then
  [ -n "$start" ] || { echo "the new version does not start" >&2; exit 1; }
  "$base/tomcat.sh" start
  "$base/tomcat.sh" wait || exit 1
fi
echo "Deployed $version"
