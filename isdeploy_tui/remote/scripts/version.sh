# Runs the operator's own command that tells what runs in a Tomcat. Arguments: nonce, command line.
# Replies: "line TEXT", the first line that it prints which is not blank, then "status N".
n=$1
limit=
command -v timeout >/dev/null 2>&1 && limit='timeout 8'
exec 3>&1
status=$({ { $limit sh -c "$2" 2>&1 </dev/null 3>&- 4>&-; echo $? >&4; } | {
  text=
  while IFS= read -r text && case $text in *[![:space:]]*) false ;; esac; do :; done
  cat >/dev/null
  printf '@%s line %s\n' "$n" "$(printf %s "$text" | tr -d '\000\r' | cut -c 1-400)" >&3
}; } 4>&1)
printf '@%s status %s\n' "$n" "$status"
