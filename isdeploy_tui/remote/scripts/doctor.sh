# Looks at all that a deploy will need of this host, and at what runs here. Reads only; nothing is made, not even a lock.
# Arguments: nonce, then pairs: host -, map PATH, log PATH, deploy PATH. A reply begins with the number of its pair.
#   host    user NAME UID | now SECONDS | boot ID | name NAME | addresses IP… | ip6 HEX… | tools NAME… | selinux WORD
#           home writable|missing|denied DIRECTORY | space KIB | run ID STARTED TOMCAT, and those of serverprocesses.sh
#   map, log, deploy  state ok|missing|denied|notfile REASON | target PATH
#   map     stat LINKS MTIME MODE USER GROUP |
#           context WORD | read yes|no | directory rwx… PATH | owner yes|no | mount yes | fs TYPE | space KIB |
#           inodes N | leftover NAME | records ok|denied WORD | leases NOW TEXT | reader refused|maybe|proven NAME…
#   log, deploy       read no | execute no | size BYTES | mode OCTAL | interpreter crlf |
#           interpreter missing TEXT
# PATH, TEXT, DIRECTORY are encoded words.
LC_ALL=C; export LC_ALL; set -u
n=$1; shift
say() { printf '@%s %s %s\n' "$n" "$i" "$*"; }
#include encode.sh
#include readers.sh
#include runstanding.sh
#include serverprocesses.sh
TOOLS='awk base64 chmod cp cut date dd flock head id ln ls mkdir mktemp mv od perl readlink rm sed setsid sha256sum
shasum openssl busybox sort stat sync tail touch tr python3 nc bash sudo jcmd grep ps chcon'
have() { command -v "$1" >/dev/null 2>&1; }
room() {  # the file system of a directory
  say fs "$(stat -f -c %T -- "$1" 2>/dev/null)"
  say space "$(df -Pk -- "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')"
  say inodes "$(df -Pi -- "$1" 2>/dev/null | awk 'NR == 2 && $2 > 0 { print $4 }')"
}
host() {
  say user "$(id -un 2>/dev/null || id -u)" "$(id -u)"
  say now "$(date +%s)"
  { read -r x </proc/sys/kernel/random/boot_id && say boot "$x"; } 2>/dev/null
  say name "$(uname -n)"
  say addresses $(awk '$1 == "/32" && $3 == "LOCAL" { print ip } { ip = $2 }' /proc/net/fib_trie 2>/dev/null | sort -u)
  say ip6 $(awk '{ print $1 }' /proc/net/if_inet6 2>/dev/null)
  found=
  for x in $TOOLS; do have "$x" && found="$found $x"; done
  say tools $found
  x=none
  { read -r x </sys/fs/selinux/enforce; } 2>/dev/null
  say selinux "$x"
  d=$RUNS
  if [ ! -d "${HOME:-}" ]; then say home missing "$(word "${HOME:-}")"
  else
    while [ ! -e "$d" ]; do d=${d%/*}; done
    if [ -d "$d" ] && [ -w "$d" ] && [ -x "$d" ]; then say home writable "$(word "$d")"
    else say home denied "$(word "$d")"; fi
    room "$d"
  fi
  for o in "$RUNS"/*; do
    [ -f "$o/meta" ] || continue
    standing "$o"
    [ "$standing" = running ] || continue
    began= t=
    while read -r k x; do case $k in started) began=$x;; tomcat) t=$x;; esac; done <"$o/meta"
    say run "${o##*/}" "${began:-0}" "$t"
  done
  if [ -r /proc/self/status ]; then httpd_servers; tomcat_servers
  else say noproc; fi
}
reach() {  # sets $f to what a path leads to; says so and fails when it is no file
  f=$(readlink -f -- "$1" 2>/dev/null && echo x); f=${f%??}
  if [ -z "$f" ] || [ ! -e "$f" ]; then
    why=$(stat -L -- "$1" 2>&1)
    case $why in *'Permission denied'*) say state denied "$why";; *) say state missing "$why";; esac
    return 1
  fi
  [ -f "$f" ] || { say state notfile "$f"; return 1; }
  say state ok
  say target "$(word "$f")"
}
yes() { if "$@"; then echo yes; else echo no; fi; }
map() {
  reach "$1" || return 0
  s=$(stat -c '%h %Y %a %U %G' -- "$f" 2>/dev/null) && say stat "$s"
  c=$(stat -c %C -- "$f" 2>/dev/null) && case $c in '?' | '%C' | '') ;; *) say context "$c";; esac
  say read "$(yes [ -r "$f" ])"
  d=${f%/*} d=${d:-/}
  m=; [ -r "$d" ] && m=${m}r; [ -w "$d" ] && m=${m}w; [ -x "$d" ] && m=${m}x
  say directory "${m:--}" "$(word "$d")"
  # Only root and its owner can make a file like this one; its group must be one of theirs.
  mine=yes
  if [ "$(id -u)" != 0 ]; then
    [ "$(stat -c %u -- "$f")" = "$(id -u)" ] || mine=no
    case " $(id -G) " in *" $(stat -c %g -- "$f") "*) ;; *) mine=no;; esac
  fi
  say owner "$mine"
  if awk -v f="$f" '$5 == f { found = 1 } END { exit !found }' /proc/self/mountinfo 2>/dev/null; then say mount yes; fi
  room "$d"
  b=${f##*/}
  for o in "$d/.$b.isd"??????; do [ ! -f "$o" ] || say leftover "${o##*/}"; done
  own=${d%/}/.isdeploy
  if [ -e "$own" ]; then
    if [ -L "$own" ] || ! { [ -d "$own" ] && [ -r "$own" ] && [ -w "$own" ] && [ -x "$own" ]; }; then
      say records denied "$(word "$own")"
    else
      bad=
      for o in "$own/journal.jsonl" "$own/leases"; do [ ! -e "$o" ] || { [ -r "$o" ] && [ -w "$o" ]; } || bad=$o; done
      [ ! -e "$own/backups" ] || [ -w "$own/backups" ] || bad=$own/backups
      if [ "$bad" ]; then say records denied "$(word "$bad")"; else say records ok "$(word "$own")"; fi
      [ ! -r "$own/leases" ] || say leases "$(date +%s)" "$(file_word "$own/leases")"
    fi
  fi
  who_reads "$f"
  [ "$asked" = ' ' ] || { say reader refused $refused; say reader maybe $maybe; say reader proven $proven; }
}
log() {
  reach "$1" || return 0
  [ -r "$f" ] || say read no
  say size "$(stat -c %s -- "$f" 2>/dev/null)"
}
deploy() {
  reach "$1" || return 0
  [ -x "$f" ] || say execute no
  say mode "$(stat -c %a -- "$f" 2>/dev/null)"
  [ -r "$f" ] || return 0
  first=$(head -n 1 -- "$f" 2>/dev/null | tr -d '\000' | cut -c 1-200)
  case $first in '#!'*) ;; *) return 0;; esac
  cr=$(printf '\r')
  case $first in *"$cr") say interpreter crlf; return 0;; esac
  set -- ${first#??}
  [ $# -gt 0 ] || return 0
  if [ ! -x "$1" ]; then say interpreter missing "$(word "$1")"; return 0; fi
  case $1 in */env)
    shift
    while [ $# -gt 0 ]; do case $1 in -* | *=*) shift;; *) break;; esac; done
    [ $# -eq 0 ] || have "$1" || say interpreter missing "$(word "$1")";;
  esac
}
i=0
while [ $# -gt 1 ]; do
  kind=$1 what=$2; shift 2
  case $kind in host) host;; map) map "$what";; log) log "$what";; deploy) deploy "$what";; esac
  i=$((i + 1))
done
exit 0
