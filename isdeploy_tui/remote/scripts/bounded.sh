# Runs the configured command "$@" for at most $limit seconds, where there is a timeout(1) as coreutils and busybox have
# it now. Says "out TEXT" for each line among the first 2000 bytes that it prints, then "rc CODE" (124: time was up).
bounded() {
  if timeout 5 true >/dev/null 2>&1; then set -- timeout "$limit" "$@"; fi
  exec 4>&1
  # Its output goes on being read: who prints much must not die of it, nor leave another exit code.
  rc=$(
    { { "$@" </dev/null 2>&1 3>&- 4>&-; echo "$?" >&3; } |
      { LC_ALL=C head -c 2000; cat >/dev/null; } 3>&- |
      LC_ALL=C sed "s/^/@$n out /" >&4 3>&-; } 3>&1
  )
  printf '\n@%s rc %s\n' "$n" "$rc"
}
