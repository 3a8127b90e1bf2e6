# Says which run of a Tomcat was started last. Arguments: nonce, Tomcat. Reply: "run ID", or nothing. Reads only.
LC_ALL=C; export LC_ALL; set -u
n=$1
say() { printf '@%s %s\n' "$n" "$*"; }
#include runstanding.sh
# As runstart.sh keeps it and reads it: one line, without white space at its end.
read -r tomcat <<X
$(printf %s "$2" | tr '\n' ' ')
X
last= when=0
for o in "$RUNS"/*; do
  [ -f "$o/meta" ] || continue
  began=0 its=
  while read -r k x; do
    case $k in started) began=$x;; tomcat) its=$x;; esac
  done <"$o/meta"
  # Names begin with the time by the bastion's clock, and come in that order: the later of two in one second wins.
  [ "$its" = "$tomcat" ] && [ "$began" -ge "$when" ] && last=${o##*/} when=$began
done 2>/dev/null
[ -z "$last" ] || say run "$last"
exit 0
