# Follows a log, also over its rotation. Arguments: nonce, path. It holds the file (4) and, after a rotation, the one
# before (5). Each line of standard input is an order; the answer ends with ".":
#   open                       hold what the path leads to now
#   turn                       the same, and keep what was held as the one before
#   find ID                    hold the file of that ID, by the path or wherever it lies beside it now
#     answers "file ID SIZE here|elsewhere" | "! missing|denied|odd|gone"
#   read OFFSET BACK OLD SURE  answers "SIZE same|moved|missing|denied|odd FROM_OLD LENGTH", then LENGTH raw bytes: the
#     held file from BACK bytes before OFFSET on (when it is longer than OFFSET, or SURE is yes), and FROM_OLD bytes of
#     the one before from OLD on (- lets go of it), neither all at once; then a line with the held file's size after that
# Nothing runs between two orders: when the client is gone, so is this.
LC_ALL=C; export LC_ALL; set -u
CHUNK=4194304
p=$2
printf '@%s ready\n' "$1"
# A second opening of a held file reads from any offset, also once it has no name any more.
held=/proc/$$/fd/4 before=/proc/$$/fd/5
[ -e "/proc/$$/fd/0" ] || held=$p before=
look() {
  s=$(stat -L -c '%d:%i %s' -- "$1" 2>&1) && return 0
  case $s in *'Permission denied'*) s=denied;; *) s=missing;; esac
  return 1
}
take() {  # opens a path as 6
  look "$1" || return 1
  [ -f "$1" ] || { s=odd; return 1; }
  x=${s%% *}
  { command exec 6<"$1"; } 2>/dev/null || { s=denied; return 1; }
  look "$1" && [ "${s%% *}" = "$x" ] && return 0
  s=missing  # replaced at this very moment
  exec 6<&-
  return 1
}
size() { stat -L -c %s -- "$1" 2>/dev/null || echo 0; }
most() { [ "$1" -lt $CHUNK ] && echo "$1" || echo $CHUNK; }
part() {  # file, offset, bytes: exactly so many, padded where the file ends too early by now
  [ "$3" = 0 ] ||
    { { dd bs=1 skip="$2" count=0; head -c "$3"; } <"$1"; head -c "$3" /dev/zero; } 2>/dev/null | head -c "$3"
}
while read -r order a b c d; do
  case $order in
    open) if take "$p"; then exec 4<&6 6<&-; echo "file $s here"; else echo "! $s"; fi;;
    turn) if take "$p"; then exec 5<&4 4<&6 6<&-; echo "file $s here"; else echo "! $s"; fi;;
    find)
      if look "$p" && [ "${s%% *}" = "$a" ]; then o=$p where=here
      else
        o=$(readlink -f -- "$p") && o=$(find "${o%/*}/" -maxdepth 1 -inum "${a#*:}" 2>/dev/null | head -n 1)
        where=elsewhere
      fi
      if [ "$o" ] && look "$o" && [ "${s%% *}" = "$a" ] && take "$o"; then
        exec 4<&6 6<&-
        echo "file $s $where"
      else echo '! gone'; fi;;
    read)
      set -- $(stat -L -c '%d:%i %s' -- "$held" "$p" 2>/dev/null)
      size=${2:-0}
      if [ $# -lt 4 ]; then look "$p"; x=$s; [ "$x" = denied ] || x=missing
      elif [ "$3" = "$1" ]; then x=same
      elif [ ! -f "$p" ]; then x=odd
      elif [ ! -r "$p" ]; then x=denied
      else x=moved; fi
      new=0 old=0
      if [ "$size" -gt "$a" ] || { [ "$d" = yes ] && [ "$size" = "$a" ]; }; then new=$(most $((size - a + b))); fi
      if [ "$c" = - ]; then exec 5<&-
      elif [ "$before" ]; then
        old=$(size "$before")
        [ "$old" -gt "$c" ] && old=$(most $((old - c))) || old=0
      fi
      printf '%s %s %s %s\n' "$size" $x "$old" $((new + old))
      part "$held" $((a - b)) "$new"
      part "$before" "$c" "$old"
      [ "$new" = 0 ] || size=$(size "$held")
      printf '\n%s\n' "$size";;
  esac
  echo .
done
exit 0
