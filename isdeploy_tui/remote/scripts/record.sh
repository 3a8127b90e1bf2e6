# The journal and the leases that are kept in .isdeploy beside a map. Arguments: nonce, map, verb, then
#   append                     add the content, whole lines of JSON, to the journal
#   take KEY ID TAKEOVER       make the lease KEY ours (ID) with the content, one line of JSON; TAKEOVER yes or no
#   beat ID KEY…               say that we live; each line of the content is the new text of one lease, in that order
#   release ID KEY…            give them back
# Replies: OK | TAKEN | REPLACED AGE JSON | HELD AGE JSON | ORPHAN AGE JSON | OK or GONE for each KEY of a beat |
# "ERR what was found".
# Exit status: 0 for any of these but ERR: 40 no map   46 not writable   48 locked   50 disk full   52 read-only
#   58 the records cannot be kept
# A line of .isdeploy/leases is "KEY HEARTBEAT ID JSON", HEARTBEAT in Unix seconds of this host's clock.
LC_ALL=C; export LC_ALL; umask 077; set -u
n=$1 p=$2 verb=$3
ORPHAN=60 BIG=4194304 MANY=1048576
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

leases=$own/leases now=$(date +%s)
if [ -f "$leases" ]; then
  size=$(stat -c %s -- "$leases") && [ "$size" -le $MANY ] || die 58 "$leases has $size bytes, more than leases have"
fi
each() {  # what to do with KEY BEAT ID JSON of each lease
  if [ -f "$leases" ]; then
    while read -r k b i x; do "$1"; done <"$leases"
  fi
}
replace() {  # the lines of the new file are what this function prints
  e=$(mktemp "$own/.leasesXXXXXX" 2>&1) && t=$e || fail 58 "$e"
  # Through cat: a shell's own printf does not say that the disk is full, and the loop not even that it failed.
  e=$( { "$1" | cat >"$t"; } 2>&1) || fail 58 "$e"
  chmod 660 -- "$t"; alike "$t"
  e=$(mv -f -- "$t" "$leases" 2>&1) || fail 58 "$e"
  t=
}
copy() { printf '%s %s %s %s\n' "$k" "$b" "$i" "$x"; }

if [ "$verb" = take ]; then
  key=$4 id=$5 found= beat= holder= text=
  find() { [ "$k" != "$key" ] || { found=yes beat=$b holder=$i text=$x; }; }
  others() { [ "$k" = "$key" ] || copy; }
  taken() { each others; printf '%s\n' "$key $now $id $(isd_content)"; }
  each find
  case $beat in '' | *[!0-9]*) beat=0;; esac
  age=$((now - beat))
  answer=TAKEN
  if [ "$found" ] && [ "$holder" != "$id" ]; then
    [ "$age" -gt $ORPHAN ] || { say "HELD $age $text"; exit 0; }
    [ "$6" = yes ] || { say "ORPHAN $age $text"; exit 0; }
    answer="REPLACED $age $text"
  fi
  replace taken
  say "$answer"; exit 0
fi

case $verb in beat | release) ;; *) die 58 "unknown verb $verb";; esac
# A key is words of nobody's choice: it must not be taken for a pattern of file names.
set -f
id=$4; shift 4
keys=" $* " ours=' ' said=
find() { [ "$i" != "$id" ] || ours="$ours$k "; }
each find
for k; do
  case $ours in *" $k "*) said="$said OK";; *) said="$said GONE";; esac
done
others() {
  case $ours in *" $k "*) case $keys in *" $k "*) return;; esac;; esac
  copy
}
release() { each others; }
beat() {
  each others
  for k in $keys; do
    read -r x <&3
    case $ours in *" $k "*) printf '%s\n' "$k $now $id $x";; esac
  done
}
case $said in *OK*) replace "$verb";; esac
say $said
exit 0
