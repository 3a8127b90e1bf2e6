# httpd's children read the map as their own user: when they cannot, mod_jk falls back on stale generations.
# httpd_processes: a line "UID-OR-NAME:PID" for each process of an httpd.
# who_reads FILE: names of httpd's users who cannot read it in $refused, those of whom that is not known in $maybe;
# $proven is yes when one surely can, $asked holds all that were found. root, whom nothing is refused, is left out.
can() {  # path, 4 read or 1 search: 0 yes, 1 no, 2 not known (an ACL decides)
  a=$(ls -ld -- "$1" 2>/dev/null) || return 2
  case ${a%% *} in *+) return 2;; esac
  set -- $(stat -c '%a %u %g' -- "$1") "$2"
  m=000$1
  case " $gids " in *" $3 "*) m=${m%?};; *) [ "$2" != "$uid" ] || m=${m%?};; esac
  [ "$2" != "$uid" ] || m=${m%?}
  m=${m#"${m%?}"}
  [ $((m & $4)) -ne 0 ]
}
readable() {  # user, pid, file: 0 yes, 1 no, 2 not known
  uid=$(id -u "$1" 2>/dev/null) || uid=$1
  gid=$(id -g "$1" 2>/dev/null) gids=$(id -G "$1" 2>/dev/null)
  puid= pgid= pgids=
  { while read -r k x; do
    case $k in  # real, effective, …
      Uid:) set -- "$1" "$2" "$3" $x; puid=$5;;
      Gid:) set -- "$1" "$2" "$3" $x; pgid=$5;;
      Groups:) pgids=$x;;
    esac
  done <"/proc/$2/status"; } 2>/dev/null
  # What the process has counts: httpd's Group need not be the group of its User.
  if [ "$puid" = "$uid" ]; then gid=$pgid gids="$pgid $pgids"; fi
  [ "$gid" ] || return 2
  if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
    case $(setpriv --reuid "$uid" --regid "$gid" --groups "$(echo $gids | tr ' ' ,)" -- \
      sh -c 'if test -r "$1"; then echo yes; else echo no; fi' sh "$3" 2>/dev/null) in
      yes) return 0;; no) return 1;;
    esac
  fi
  can "$3" 4 || return $?
  q=${3%/*}
  while [ "$q" ]; do can "$q" 1 || return $?; q=${q%/*}; done
  can / 1
}
httpd_processes() {
  { ps -e -o uid= -o pid= -o comm= 2>/dev/null || ps -o user,pid,comm 2>/dev/null; } |
  while read -r u x c; do
    case ${c##*/} in apache | apache2 | apache2-* | httpd | httpd2 | httpd.* | httpd2.* | httpd-* | httpd2-*) echo "$u:$x";; esac
  done
}
who_reads() {
  asked=' ' refused= proven= maybe=
  for u in $(httpd_processes); do
    x=${u#*:} u=${u%%:*}
    case $u in 0 | root) continue;; esac
    case $asked in *" $u "*) continue;; esac
    asked="$asked$u "
    readable "$u" "$x" "$1"
    case $? in 1) refused="$refused $(id -un "$u" 2>/dev/null || echo "$u")";; 0) proven=yes;; *) maybe="$maybe $u";; esac
  done
}
