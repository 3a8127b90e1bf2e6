# standing DIRECTORY: how the run kept there stands, in $standing (running, ended, lost) and $rc. $RUNS: where runs are.
# "pid" holds: process id, its start time, the boot it was started in, and yes when it leads its own process group.
RUNS=${HOME:-}/.local/state/isdeploy/runs
alive() {
  { read -r pid born boot own x <"$1/pid"; } 2>/dev/null || return 1
  if [ "$born" = - ]; then kill -0 "$pid" 2>/dev/null; return; fi
  # A process id is given away again, and after a restart of the host quickly so.
  { read -r x </proc/sys/kernel/random/boot_id; } 2>/dev/null
  [ "$x" = "$boot" ] || return 1
  { IFS= read -r x <"/proc/$pid/stat"; } 2>/dev/null || return 1
  set -- ${x##*) }
  [ "$1" != Z ] && [ "${20}" = "$born" ]
}
standing() {
  rc= standing=ended
  { read -r rc x <"$1/rc"; } 2>/dev/null && return
  standing=running
  alive "$1" && return
  if [ ! -f "$1/pid" ]; then
    # Between the start and its first word lie moments; later than that it never began.
    { read -r x born <"$1/meta"; } 2>/dev/null && [ $(($(date +%s) - born)) -lt 10 ] && return
  fi
  # It may have ended right now.
  standing=ended
  { read -r rc x <"$1/rc"; } 2>/dev/null || standing=lost
}
