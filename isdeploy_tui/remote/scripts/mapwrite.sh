# Replaces a map by compare-and-swap. The map is the old or the new bytes at every moment; nothing is ever truncated.
# Arguments: nonce, mode, path, sha256 of the map as planned from, sha256 of the new content, ticket, note.
#   write  replace the map by the content
#   void   say which of the two the map is; when it is the old one, the write of that ticket can no longer happen
# Replies: "OK MTIME BACKUP" | "NEW MTIME" | "OLD" | "ERR what was found". Exit status: 0, or what went wrong:
#   40 missing             45 hard links           50 disk full               55 content came in cut
#   41 not a regular file  46 directory denied     51 quota exceeded          56 httpd's user cannot read it
#   42 unreadable for us   47 conflict             52 read-only file system   57 empty
#   43 no sha256 tool      48 locked               53 mount point of its own  58 no backup possible
#   44 interrupted         49 voided               54 owner, mode not kept    59 anything else
LC_ALL=C; export LC_ALL; umask 077; set -u
n=$1 mode=$2 p=$3 want=$4 newsha=$5 ticket=$6 note=$7
KEEP=50 OUTLIVED='it took too long and another writer went ahead'
t= part=
say() { printf '@%s %s\n' "$n" "$*"; }
line() { printf %s "$*" | tr '\n' ' '; }
die() { c=$1; shift; say "ERR $(line "$@")"; exit "$c"; }
fail() {  # code, what a tool said
  still_held || die 48 "$OUTLIVED"
  case $2 in
    *'No space left on device'*) die 50 "$2";;
    *'quota exceeded'*) die 51 "$2";;
    *'Read-only file system'*) die 52 "$2";;
    *'resource busy'* | *'Text file busy'*) die 53 "$2";;
  esac
  die "$1" "$2"
}
#include lock.sh

# --- what the tools here can do
if command -v sha256sum >/dev/null 2>&1; then sha() { hash256 sha256sum <"$1"; }
elif command -v shasum >/dev/null 2>&1; then sha() { hash256 shasum -a 256 <"$1"; }
elif command -v openssl >/dev/null 2>&1; then sha() { hash256 openssl dgst -sha256 -r <"$1"; }
elif command -v busybox >/dev/null 2>&1; then sha() { hash256 busybox sha256sum <"$1"; }
else die 43 'none of sha256sum, shasum, openssl, busybox'; fi
hash256() { h=$("$@" 2>/dev/null) && h=${h%% *} && [ ${#h} -eq 64 ] && printf %s "$h"; }
resolve() { readlink -f -- "$p" 2>/dev/null && echo x; }  # the x keeps line ends of the name
meta() {  # all that must not change: mode, owner, group, then ACL mark and SELinux context
  m=$(ls -ld -- "$1") || return 1
  m=${m%% *}
  printf '%s %s %s' "$(stat -c '%a %u %g' -- "$1")" "${m#??????????}" "$(stat -c %C -- "$1" 2>/dev/null)"
}

f=$(resolve); f=${f%??}
if [ -z "$f" ] || ! [ -e "$f" ]; then
  e=$(stat -L -- "$p" 2>&1)
  case $e in *'Permission denied'*) die 42 "$e";; *) die 40 "$e";; esac
fi
[ -f "$f" ] || die 41 "$f"
[ -r "$f" ] || die 42 "$f"
d=${f%/*} b=${f##*/}
own=$d/.isdeploy
d=${d:-/}
cleanup() {
  rm -f -- ${t:+"$t"} ${part:+"$part"}
  let_go
}
trap cleanup 0
trap 'exit 44' 1 2 13 15

# --- one writer at a time: flock on the directory dies with its holder and leaves nothing behind
{ [ -r "$d" ] && [ -w "$d" ] && [ -x "$d" ]; } || {
  e=$(mktemp "$d/.$b.isdXXXXXX" 2>&1) && rm -f -- "$e" && e="$d cannot be listed"
  fail 46 "$e"
}
hold "$d" "$b" 5 || { [ -z "$cannot" ] || fail 46 "$cannot"; die 48 'held by another writer'; }
# Whatever an earlier holder left: it is dead, or has outlived its lock and must not rename any more.
for o in "$d/.$b.isd"??????; do [ ! -f "$o" ] || rm -f -- "$o"; done

# --- is it still the map that the plan was made from
have=$(sha "$f"); [ "$have" ] || die 43 "cannot hash $f"
keepdir() {  # owned like the map's directory, closed to others
  [ ! -L "$1" ] || { e="$1 is a symbolic link"; return 1; }
  [ ! -d "$1" ] || return 0
  e=$(mkdir -- "$1" 2>&1) || { [ -d "$1" ]; return; }
  set -- "$1" $(stat -c '%a %u %g' -- "$d")
  chown "$3:$4" -- "$1" 2>/dev/null || chgrp "$4" -- "$1" 2>/dev/null
  chmod "${2%?}0" -- "$1" 2>/dev/null
}
newest() {  # keeps the last of the names given, which sort by time
  while [ $# -gt $KEEP ]; do rm -f -- "$1"; shift; done
}
if [ "$mode" = void ]; then
  if [ "$have" = "$newsha" ]; then say "NEW $(stat -c %Y -- "$f")"; exit 0; fi
  [ "$have" = "$want" ] || die 47 "$have"
  { keepdir "$own" && keepdir "$own/void" && e=$( (: >"$own/void/$ticket") 2>&1); } || fail 58 "$e"
  (cd -- "$own/void" && newest $(ls -1tr))
  say OLD; exit 0
fi
[ "$have" = "$want" ] || die 47 "$have"
set -- $(stat -c '%h %Y %d' -- "$f")
[ "$1" = 1 ] || die 45 "$1"
old=$2 device=$3 before=$(meta "$f")

# --- the new file, beside the old one and like it in everything but content
e=$(mktemp "$d/.$b.isdXXXXXX" 2>&1) && t=$e || fail 46 "$e"
[ "$(stat -c %d -- "$t")" = "$device" ] || die 53 "$f"
e=$(cp -a -- "$f" "$t" 2>&1) || e=$(cp -p -- "$f" "$t" 2>&1) || fail 59 "$e"
writable=yes; [ -w "$t" ] || { writable=; chmod u+w -- "$t" 2>/dev/null; }
e=$( { isd_content | cat >"$t"; } 2>&1) || fail 59 "$e"
[ "$writable" ] || chmod u-w -- "$t"
arrived=$(sha "$t")
[ "$arrived" = "$newsha" ] || die 55 "$(stat -c %s -- "$t") bytes"
[ -s "$t" ] || die 57 'no content'
[ "$(meta "$t")" = "$before" ] || die 54 "$before, would become $(meta "$t")"

# --- httpd's children must be able to read it
#include readers.sh
who_reads "$t"
[ -z "$refused" ] || [ "$proven$maybe" ] || die 56 $refused

# --- whole-second mtime strictly newer: mod_jk compares nothing else
now=$(date +%s); [ "$now" -gt "$old" ] || now=$((old + 1))
e=$(touch -d "@$now" -- "$t" 2>&1) || fail 59 "$e"
[ "$(stat -c %Y -- "$t")" = "$now" ] || die 59 'the time of the new file cannot be set'
{ e=$(sync "$t" 2>&1 9<&-) || e=$(dd if=/dev/null of="$t" conv=notrunc,fsync 2>&1 9<&-); } || fail 59 "$e"

# --- the old content, kept
keep=$own/backups
{ keepdir "$own" && keepdir "$keep"; } || fail 58 "$e"
e=$(mktemp "$keep/.partXXXXXX" 2>&1) && part=$e || fail 58 "$e"
e=$(cp -a -- "$f" "$part" 2>&1) || e=$(cp -p -- "$f" "$part" 2>&1) || fail 58 "$e"
[ "$(sha "$part")" = "$have" ] || die 47 'changed while it was copied'
backup=$keep/$b.$(date -u +%Y%m%dT%H%M%SZ).$(printf %.8s "$have")
e=$(mv -f -- "$part" "$backup" 2>&1) || fail 58 "$e"
part=

# --- the last look, then the rename, with nothing in between that takes time
[ ! -e "$own/void/$ticket" ] || die 49 "$ticket"
g=$(resolve); [ "${g%??}" = "$f" ] || die 47 "$p leads somewhere else now"
still_held || die 48 "$OUTLIVED"
[ "$(sha "$f")" = "$have" ] || die 47 'changed at the last moment'
trap '' 1 2 13 15
e=$(mv -f -- "$t" "$f" 2>&1) || fail 59 "$e"
t=
sync "$d" 2>/dev/null 9<&-
say "OK $now $(line "$backup")"
if [ "$note" ]; then
  umask 007
  rm -f -- "$keep/.notes"
  { tail -n $((KEEP - 1)) "$keep/notes"; printf '%s %s\n' "${backup##*/}" "$(line "$note")"; } \
    >"$keep/.notes" 2>/dev/null && mv -f -- "$keep/.notes" "$keep/notes"
fi
newest "$keep/$b".????????T??????Z.????????
rm -f -- "$keep"/.part??????
exit 0
