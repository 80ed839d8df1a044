#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A city's residents made, put on the medium, imported, reconciled: time and peak memory of each.
# load.sh [--residents N] [--seals PERCENT]     (./run bench load; default 10000 and 5)
# Exit status 1 when a process of ours took 256 MB or more, or anything differed.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${KOFU_BUILD:-$ROOT/build}
N=10000
SEALS=5
while [ $# -gt 0 ]; do
	case $1 in
	--residents) N=$2 ;;
	--seals) SEALS=$2 ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
	shift 2
done
HOST=$BUILD/tests/stream/sync_host AGENT=$BUILD/agent/kofu-agent NETCA=$BUILD/tests/world/world-netca
REGISTER=$BUILD/tests/world/register/world-register
PEOPLE="--muni 991015 --count $N --seed 7 --seals $SEALS --fake-cards 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
export PEOPLE HOST AGENT NETCA REGISTER ROOT
now() { date +%s%N | cut -c1-13; }
took() { t=$(($(now) - $1)); printf '%d.%d s' $((t / 1000)) $((t / 100 % 10)); }
T=$(now)
. "$ROOT/tests/stream/lib.sh"
reg -c "VACUUM ANALYZE" >/dev/null
printf '%-12s %s residents with %s %% seals, in %s (register: %s)\n' made "$N" "$SEALS" "$(took "$T")" \
	"$(reg -c "SELECT pg_size_pretty(pg_database_size(current_database()))")"
peak_ok() { # LINE: the megabytes at its end are fewer than 256
	mb=$(printf '%s\n' "$1" | sed -n 's/.*peak memory \([0-9]*\) MB.*/\1/p')
	[ -n "$mb" ] && [ "$mb" -lt 256 ] || { echo "FAILED: 256 MB or more"; exit 1; }
}
serve
conf 991015 kofu
printf '[reconcile]\nevery_s = 0\n' >>"$W/agent-991015.conf"
T=$(now)
"$AGENT" medium create "$W/agent-991015.conf" "$W/medium" >"$W/out"
said=$(tail -1 "$W/out")
printf '%-12s %s (whole command %s; %s on disk)\n' medium "$said" "$(took "$T")" "$(du -sh "$W/medium" | cut -f 1)"
peak_ok "$said"
T=$(now)
"$HOST" import 991015 "$CONN dbname=replica" $DEK "$W/n/sync-991015.pub" "$W/n/server-asp-1.crt" "$W/n/server-asp-1.key" "$W/medium" >"$W/out"
said=$(tail -1 "$W/out")
printf '%-12s %s (whole command %s)\n' import "$said" "$(took "$T")"
peak_ok "$said"
rep -c "VACUUM ANALYZE" >/dev/null
agent
until_ok 60 lease_fresh
rep -c "DELETE FROM person WHERE ref IN (SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 3)"
for name in reconcile again; do
	T=$(now)
	"$AGENT" reconcile "$W/agent-991015.conf" >"$W/out"
	said=$(tail -1 "$W/out")
	printf '%-12s %s\n' "$name" "$said"
	peak_ok "$said"
done
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
said="peak memory $(($(peak "$SERVE_PID") / 1024)) MB"
printf '%-12s %s\n' server "$said"
peak_ok "$said"
said="peak memory $(($(peak "$AGENT_PID") / 1024)) MB"
printf '%-12s %s\n' agent "$said"
peak_ok "$said"
case $(cat "$W/out") in *"differed 0, mended 0, left 0"*) ;; *) echo "FAILED: something differed"; exit 1 ;; esac
stop_agent
