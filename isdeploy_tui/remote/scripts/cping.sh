# Sends an AJP CPING from the server itself, for accounts that may not forward TCP. Reads only.
# $2 address, $3 port, $4 seconds. Answers "up", "down WHY" or "unknown WHY".
LC_ALL=C
export LC_ALL
n=$1 a=$2 p=$3 s=$4
say() {
  printf '@%s %s\n' "$n" "$*"
  exit 0
}
have() { command -v "$1" >/dev/null 2>&1; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
judge() {
  case $1 in
  *4142000109*) say up ;;
  *refused*) say down refused ;;
  *nreachable* | *'o route'*) say down unreachable ;;
  *'not known'* | *esolution*) say down 'has no address there' ;;
  '' | *'imed out'* | *imeout*) say down silent ;;
  *[!0-9a-f]*) say unknown "${1##*
}" ;;
  *) say down foreign ;;
  esac
}

if have bash && have od && have timeout; then
  out=$(timeout "$s" bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit
    printf "\022\064\000\001\012" >&3
    head -c 5 <&3 | od -An -v -tx1 | tr -d " \n"' bash "$a" "$p" 2>&1)
  # A bash without /dev/tcp looks for a file of that name.
  case $out in *'No such file'* | *'not supported'*) ;; *) judge "$out" ;; esac
fi
for python in python3 python; do
  have $python && judge "$($python -c '
import binascii, socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))
s.sendall(b"\x12\x34\x00\x01\x0a")
d = b""
while len(d) < 5:
    c = s.recv(5)
    if not c: break
    d += c
print(binascii.hexlify(d).decode())' "$a" "$p" "$s" 2>&1)"
done
if have perl; then
  out=$(perl -MIO::Socket::INET -e '
    $SIG{ALRM} = sub { die "timed out\n" };
    alarm $ARGV[2];
    my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or die "$@\n";
    syswrite $s, "\x12\x34\x00\x01\x0a";
    my $d = "";
    while (length $d < 5) { sysread($s, $d, 5, length $d) or last }
    print unpack("H*", $d)' "$a" "$p" "$s" 2>&1)
  case $out in *"Can't locate"*) ;; *) judge "$out" ;; esac
fi
for nc in nc ncat 'busybox nc'; do
  # Some end with their input: it stays open as long as an answer may take.
  have "${nc%% *}" && have od &&
    judge "$( { printf '\022\064\000\001\012' && sleep "$s"; } | $nc -w "$s" "$a" "$p" 2>&1 | head -c 5 | hex)"
done
say unknown 'there is no bash with /dev/tcp, python, perl or nc to ask with'
