# Says which run of a Tomcat goes on. Arguments: nonce, Tomcat. Reply: "run ID" for each of them. Reads only.
LC_ALL=C; export LC_ALL; set -u
n=$1
say() { printf '@%s %s\n' "$n" "$*"; }
#include runstanding.sh
# As runstart.sh keeps it and reads it: one line, without white space at its end.
read -r tomcat <<X
$(printf %s "$2" | tr '\n' ' ')
X
for o in "$RUNS"/*; do
  [ -f "$o/meta" ] || continue
  while read -r k x; do
    [ "$k" = tomcat ] && [ "$x" = "$tomcat" ] || continue
    standing "$o"
    [ "$standing" != running ] || say run "${o##*/}"
    break
  done <"$o/meta"
done
exit 0
