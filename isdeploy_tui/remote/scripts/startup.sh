# Finds the newest "Server startup in" in a Tomcat's log. Arguments: nonce, path, then either nothing: where is its end,
# or the inode and size of an earlier end: what was logged since. Reads only.
# Replies: "at INODE SIZE" | "line TEXT", TEXT empty where there is none. Exit status: 0, 40 not readable
LC_ALL=C; export LC_ALL; set -u
n=$1 p=$2
say() { printf '@%s %s\n' "$n" "$*"; }
s=$(stat -L -c '%i %s' -- "$p" 2>/dev/null) && [ -r "$p" ] || { say "ERR $p cannot be read"; exit 40; }
[ $# -gt 2 ] || { say "at $s"; exit 0; }
offset=$4
# What was rotated away or truncated meanwhile has all its lines from after that.
if [ "${s%% *}" != "$3" ] || [ "${s#* }" -lt "$offset" ]; then offset=0; fi
# No grep: it takes a log with a stray NUL for no text.
say "line $(tail -c "+$((offset + 1))" -- "$p" | sed -n '/Server startup in/p' | tail -n 1 | tr -d '\000\r' | cut -c 1-400)"
