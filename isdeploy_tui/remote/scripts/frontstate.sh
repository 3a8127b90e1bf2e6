# Asks where an Apache stands in the balancer in front of it. Arguments: nonce, seconds, the configured state_command.
# Reads only: so it was agreed with whoever configured that command.
set -u
n=$1 limit=$2; shift 2
#include bounded.sh
bounded "$@"
