# The journal and the leases that are kept in .isdeploy beside a map. Arguments: nonce, map, verb, then
#   append                     add the content, whole lines of JSON, to the journal
#   take KEY ID TAKEOVER       make the lease KEY ours (ID) with the content, one line of JSON; TAKEOVER yes or no
#   beat KEY ID                say that we live, with the content as the lease's new text
#   release KEY ID             give it back
# Replies: OK | TAKEN | REPLACED AGE JSON | HELD AGE JSON | ORPHAN AGE JSON | GONE | "ERR what was found".
# Exit status: 0 for any of these but ERR: 40 no map   46 not writable   48 locked   50 disk full   52 read-only
#   58 the records cannot be kept
# A line of .isdeploy/leases is "KEY HEARTBEAT ID JSON", HEARTBEAT in Unix seconds of this host's clock.
LC_ALL=C; export LC_ALL; umask 077; set -u
n=$1 p=$2 verb=$3
ORPHAN=60 BIG=4194304
say() { printf '@%s %s\n' "$n" "$*"; }
line() { printf %s "$*" | tr '\n' ' '; }
die() { c=$1; shift; say "ERR $(line "$@")"; exit "$c"; }
fail() {  # code, what a tool said
  case $2 in
    *'No space left on device'* | *'quota exceeded'*) die 50 "$2";;
    *'Read-only file system'*) die 52 "$2";;
    *'Permission denied'*) die 46 "$2";;
  esac
  die "$1" "$2"
}
#include lock.sh
f=$(readlink -f -- "$p" 2>/dev/null) && [ -f "$f" ] || die 40 "$p"
d=${f%/*} own=${f%/*}/.isdeploy
if [ ! -d "$own" ]; then
  # Owned like the map's directory and closed to others, so that all who may write the map may write here.
  e=$(mkdir -- "$own" 2>&1) || [ -d "$own" ] || fail 46 "$e"
  set -- "$@" "$(stat -c '%a' -- "${d:-/}")" "$(stat -c '%u:%g' -- "${d:-/}")"
  eval "owner=\${$#} mode=\${$(($# - 1))}"
  chown "$owner" -- "$own" 2>/dev/null || chgrp "${owner#*:}" -- "$own" 2>/dev/null
  chmod "${mode%?}0" -- "$own" 2>/dev/null
fi
[ ! -L "$own" ] || die 58 "$own is a symbolic link"
t=
trap 'rm -f -- ${t:+"$t"}; let_go' 0
trap 'exit 44' 1 2 13 15
hold "$own" records 10 || { [ -z "$cannot" ] || fail 46 "$cannot"; die 48 'the records are locked'; }
# Files are for whoever the directory is for.
umask 007
alike() { chgrp "$(stat -c %g -- "$own")" -- "$1" 2>/dev/null; }

if [ "$verb" = append ]; then
  j=$own/journal.jsonl
  size=$(stat -c %s -- "$j" 2>/dev/null) || size=0
  [ "$size" -le $BIG ] || mv -f -- "$j" "$own/journal.1.jsonl"
  # A line that a full disk cut short must not swallow the next one.
  [ "$size" = 0 ] || [ ! "$(tail -c 1 -- "$j" 2>/dev/null)" ] || echo >>"$j"
  e=$( { isd_content >>"$j"; } 2>&1) || fail 58 "$e"
  alike "$j"
  say OK; exit 0
fi

key=$4 id=$5 leases=$own/leases now=$(date +%s)
found= age= beat= holder= text=
if [ -f "$leases" ]; then
  while read -r k b i x; do
    [ "$k" = "$key" ] && found=yes beat=$b holder=$i text=$x
  done <"$leases"
fi
case $beat in '' | *[!0-9]*) beat=0;; esac
age=$((now - beat))
replace() {  # writes all leases but KEY's, and then the line given, if any
  e=$(mktemp "$own/.leasesXXXXXX" 2>&1) && t=$e || fail 58 "$e"
  # Through cat: a shell's own printf does not say that the disk is full, and the loop not even that it failed.
  e=$( { {
    if [ -f "$leases" ]; then
      while read -r k b i x; do [ "$k" = "$key" ] || printf '%s %s %s %s\n' "$k" "$b" "$i" "$x"; done <"$leases"
    fi
    [ ! "$1" ] || printf '%s\n' "$1"
  } | cat >"$t"; } 2>&1) || fail 58 "$e"
  chmod 660 -- "$t"; alike "$t"
  e=$(mv -f -- "$t" "$leases" 2>&1) || fail 58 "$e"
  t=
}
case $verb in
  take)
    answer=TAKEN
    if [ "$found" ] && [ "$holder" != "$id" ]; then
      [ "$age" -gt $ORPHAN ] || { say "HELD $age $text"; exit 0; }
      [ "$6" = yes ] || { say "ORPHAN $age $text"; exit 0; }
      answer="REPLACED $age $text"
    fi
    replace "$key $now $id $(isd_content)"
    say "$answer";;
  beat)
    { [ "$found" ] && [ "$holder" = "$id" ]; } || { say GONE; exit 0; }
    replace "$key $now $id $(isd_content)"
    say OK;;
  release)
    [ "$holder" != "$id" ] || replace ''
    say OK;;
  *) die 58 "unknown verb $verb";;
esac
exit 0
