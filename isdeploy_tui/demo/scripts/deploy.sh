#!/bin/sh
# Deploys one version of the application to this Tomcat: fetch, stop, unpack, start, wait.
# Usage: deploy.sh TAG
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/deploy.conf" # application, base (CATALINA_BASE), pause (seconds between looks)

tag=${1:-}
case $tag in
  '') echo "usage: ${0##*/} TAG   (for example v4.2.0)" >&2; exit 64 ;;
  *[!A-Za-z0-9._-]*) echo "${0##*/}: '$tag' is not a tag: letters, digits and . _ - are expected" >&2; exit 64 ;;
esac

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

# Looks up to 600 times whether the rest of the command line succeeds.
until_true() {
  looks=0
  until "$@"; do
    looks=$((looks + 1))
    [ "$looks" -lt 600 ] || return 1
    sleep "$pause"
  done
}
stopped() { [ ! -e "$base/temp/running" ]; }
started() { tail -c "+$((mark + 1))" "$log" | grep -q 'Server startup in'; }

war=$application-$tag.war
log=$base/logs/catalina.out

say "== $application $tag for $base =="
say "fetching https://repository.example/$application/$tag/$war"
for percent in 12 37 58 81 100; do
  printf '           %3d %%  of 48.3 MB\n' "$percent"
  sleep "$pause"
done
say "checksum of $war is right"

say 'stopping Tomcat'
if stopped; then
  say 'it was not running'
else
  "$base/bin/shutdown.sh"
  until_true stopped || { say 'Tomcat does not stop; nothing was changed' >&2; exit 1; }
  say 'stopped'
fi

say "unpacking $war"
printf '%s\n' "$tag" >"$base/webapps/ROOT/version.txt"
say '1,284 files, 이전 버전은 webapps.old 에 보관'

say 'starting Tomcat'
mark=$(wc -c <"$log")
"$base/bin/startup.sh"
until_true started || { say 'Tomcat does not start; look at its log' >&2; exit 1; }
tail -c "+$((mark + 1))" "$log" | grep 'Server startup in'

if tail -c "+$((mark + 1))" "$log" | grep -q 'startup failed due to previous errors'; then
  say "Tomcat is up, but $application is not: look for SEVERE in $log" >&2
  exit 1
fi
say "$application $tag is up"
