# httpd_servers, tomcat_servers: what runs here, from /proc. Needs say, and encode with $e. Replies:
#   "httpd PID USER CONTAINER COMMAND" of each httpd's first process
#   "tomcat PID USER CONTAINER COMMAND" of each Tomcat, then "stdout PID FILE", "ports PID HEX…" (listening), "base PID
#   DIRECTORY", "xml PID TEXT" its server.xml or "xmlerr PID REASON", "properties PID TEXT" where server.xml uses some
# COMMAND, FILE, DIRECTORY and TEXT are encoded words; COMMAND's arguments end with NUL. CONTAINER is yes or no.
word() { printf '%s:' "$e"; printf %s "$1" | encode; }
file_word() { printf '%s:' "$e"; head -c 262144 -- "$1" | encode; }
boxed() { grep -q -e docker -e kubepods -e libpod -e containerd -e crio "/proc/$1/cgroup" 2>/dev/null; }
contained() { if boxed "$1" && ! boxed self; then echo yes; else echo no; fi; }  # in a box of ours, its files are ours
field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null; }
owner() { stat -c %U -- "/proc/$1" 2>/dev/null || echo '?'; }
httpd_servers() {
  pids=" $(httpd_processes | sed 's/.*://' | tr '\n' ' ')"
  for pid in $pids; do
    parent=$(field "$pid" PPid)
    case $pids in *" ${parent:-0} "*) continue;; esac
    [ -r "/proc/$pid/status" ] || continue
    say httpd "$pid" "$(owner "$pid")" "$(contained "$pid")" "$(file_word "/proc/$pid/cmdline")"
  done
}
tomcat_servers() {
  # One grep for all processes; each of the few Java servers among them is then looked at more closely.
  for c in $(grep -l -e '-Dcatalina\.base=' /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=${c#/proc/} pid=${pid%/cmdline}
    # A shell that was given the same words is no Tomcat.
    base=$(tr '\0' '\n' <"$c" 2>/dev/null | sed -n 's/^-Dcatalina\.base=//p' | head -n 1)
    [ "$base" ] || continue
    say tomcat "$pid" "$(owner "$pid")" "$(contained "$pid")" "$(file_word "$c")"
    out=$(readlink -- "/proc/$pid/fd/1" 2>/dev/null) && say stdout "$pid" "$(word "$out")"
    ports=$(listening "$pid")
    [ -z "$ports" ] || say ports "$pid" $ports
    real=$(readlink -f -- "$base" 2>/dev/null) || real=$base
    say base "$pid" "$(word "$real")"
    xml=$base/conf/server.xml
    if [ -r "$xml" ]; then
      say xml "$pid" "$(file_word "$xml")"
      if grep -q '\${' "$xml" && [ -r "$base/conf/catalina.properties" ]; then
        say properties "$pid" "$(file_word "$base/conf/catalina.properties")"
      fi
    elif [ -e "$xml" ]; then say xmlerr "$pid" "$xml may not be read by this account"
    else say xmlerr "$pid" "$xml is not there, or may not be seen by this account"; fi
  done
}
listening() {  # its sockets by inode, then those of them that listen; nothing for other people's processes
  inodes=$(ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\].*/\1/p' | tr '\n' ' ')
  [ "$inodes" ] || return 0
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v mine="$inodes" '
    BEGIN { n = split(mine, a, " "); for (i = 1; i <= n; i++) own[a[i]] = 1 }
    $4 == "0A" && ($10 in own) { sub(/.*:/, "", $2); if (!seen[$2]++) printf "%s ", $2 }'
}
