# hold DIRECTORY NAME SECONDS: takes the lock NAME of a directory, waiting that long; 1 when somebody else keeps it or
# when there can be none ($cannot says why).
# still_held: is it still ours (a symbolic link may have been broken as stale). let_go: for the trap on exit.
# flock on the directory dies with its holder and leaves nothing behind. Where a file system has none, a symbolic
# link that says in one step whose it is; one older than STALE seconds is broken, by one breaker only. $n is the nonce.
STALE=60
lk= dirlock= cannot= naps= nap=0.05
let_go() { [ -z "$lk" ] || [ "$(readlink -- "$lk")" != "$n" ] || rm -f -- "$lk"; }
still_held() { [ -z "$lk" ] || [ "$(readlink -- "$lk")" = "$n" ]; }
# Most who hold it are done in a moment, so the first naps are short.
nap() {
  sleep "$nap" 2>/dev/null 9<&- || sleep 1 9<&-
  naps=$naps.
  case $naps in .....*) nap=0.2;; esac
}
hold() {
  if command -v flock >/dev/null 2>&1 && command exec 9<"$1"; then dirlock=yes; fi 2>/dev/null
  deadline=$(($(date +%s) + $3))
  until trylock "$1/.$2.lock"; do
    [ -z "$cannot" ] && [ "$(date +%s)" -lt $deadline ] || return 1
    nap
  done
  [ -z "$lk" ] || rm -f -- "$lk".*
}
trylock() {
  if [ "$dirlock" ]; then
    e=$(flock -n 9 9<&9 2>&1) && return 0
    [ "$e" ] || return 1  # held by somebody else
    dirlock=              # "Bad file descriptor", "No locks available": this file system has none
  fi
  l=$1
  if e=$(LC_ALL=C ln -s "$n" "$l" 2>&1); then
    [ "$(readlink -- "$l")" != "$n" ] || lk=$l
    [ "$lk" ]; return
  fi
  case $e in *'File exists'*) ;; *) cannot=$e; return 1;; esac
  holder=$(readlink -- "$l") && made=$(stat -c %Y -- "$l" 2>/dev/null) || return 1
  age=$(($(date +%s) - made))
  { [ "$age" -gt $STALE ] || [ "$age" -lt -$STALE ]; } || return 1
  # Only one may break this very lock, by taking it over in place: nobody can remove a fresh one. Who dies over it
  # leaves the next chance to those who come ten seconds later.
  claim=$l.$holder.$((age / 10))
  ln -s "$n" "$claim" 2>/dev/null || return 1
  if [ "$(readlink -- "$l")" = "$holder" ] && ln -s "$n" "$l.$n" && mv -f -- "$l.$n" "$l"; then lk=$l; fi
  rm -f -- "$claim" "$l.$n"
  [ "$lk" ]
}
