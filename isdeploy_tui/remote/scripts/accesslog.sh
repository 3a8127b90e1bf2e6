# Counts requests in httpd's access log. Arguments: nonce, path, then either nothing: where is its end,
# or the inode and size of an earlier end: what came since. Reads only.
# Replies: "at INODE SIZE" | "since REQUESTS NON2XX ERRORS ROTATED" (ROTATED yes: what was in the old file is missing).
# Exit status: 0, 40 not readable
LC_ALL=C; export LC_ALL; set -u
n=$1 p=$2
say() { printf '@%s %s\n' "$n" "$*"; }
s=$(stat -L -c '%i %s' -- "$p" 2>/dev/null) && [ -r "$p" ] || { say "ERR $p cannot be read"; exit 40; }
[ $# -gt 2 ] || { say "at $s"; exit 0; }
offset=$4 rotated=no
if [ "${s%% *}" != "$3" ] || [ "${s#* }" -lt "$offset" ]; then offset=0 rotated=yes; fi
# The status is the first number after the quoted request, in the common and combined formats alike.
say "since $(tail -c "+$((offset + 1))" -- "$p" | awk -v rotated=$rotated '
  match($0, /" [1-5][0-9][0-9] /) {
    status = substr($0, RSTART + 2, 3)
    all++
    if (status !~ /^2/) other++
    if (status ~ /^5/) errors++
  }
  END { print all + 0, other + 0, errors + 0, rotated }')"
