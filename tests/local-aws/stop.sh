#!/usr/bin/env bash
# Ends what start.sh started, and nothing else: each process group by the pid that was written down.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for file in "$here"/../../target/local-aws/*.pid; do
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  if ps -o command= -p "$pid" | grep -qF "$here/"; then # the number may have passed to another process since
    kill -TERM "$pid"
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null # functions that outlived the emulator
  fi
  rm -f "$file"
done
exit 0
