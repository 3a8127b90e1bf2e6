# Resolves host names as a program on this server would. Reads only.
# Arguments: nonce, then names. A reply is "NUMBER ADDRESS…", for each name (from 0) that has an address.
LC_ALL=C; export LC_ALL; set -u
n=$1; shift
say() { printf '@%s %s\n' "$n" "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
in_file() {
  wanted=$1 awk 'BEGIN { wanted = tolower(ENVIRON["wanted"]) }
    { sub(/#.*/, ""); for (i = 2; i <= NF; i++) if (tolower($i) == wanted) print $1 }' /etc/hosts 2>/dev/null
}
asked() {  # everything after the line with the name: before it stands the name server
  nslookup "$1" 2>/dev/null </dev/null |
    sed -n '/^Name:/,$s/^Address[^:]*:[[:space:]]*\([0-9a-fA-F.:]*\).*/\1/p'
}
i=0
for name; do
  found=
  case $name in
    '' | -*) ;;
    *)
      ! have getent || found=$(getent ahosts "$name" 2>/dev/null | awk '{ print $1 }')
      [ "$found" ] || found=$(in_file "$name")
      [ "$found" ] || ! have nslookup || found=$(asked "$name");;
  esac
  [ ! "$found" ] || say $i $(printf '%s\n' "$found" | sort -u)
  i=$((i + 1))
done
exit 0
