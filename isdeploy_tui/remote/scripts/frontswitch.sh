# Takes an Apache out of the balancer in front of it, or puts it back. Arguments: nonce, seconds, the configured command.
set -u
n=$1 limit=$2; shift 2
#include bounded.sh
bounded "$@"
