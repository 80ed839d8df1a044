# SPDX-License-Identifier: Apache-2.0
# tap.sh - sourced by the shell tests of the world: a temporary folder, children that
# are ended by their pids, and one TAP line per check. The first failure ends the test.
set -eu
W=$(mktemp -d "${TMPDIR:-/tmp}/kofu-world.XXXXXX")
PIDS=
TAP_N=0
tap_end() {
	status=$?
	for p in $PIDS; do kill "$p" 2>/dev/null || :; done
	for p in $PIDS; do wait "$p" 2>/dev/null || :; done
	rm -rf "$W"
	exit $status
}
trap tap_end EXIT
trap 'exit 130' INT TERM
child() { PIDS="$PIDS $1"; }
# check SENTENCE COMMAND...: ok when the command succeeds; its output is shown when not.
check() {
	TAP_N=$((TAP_N + 1))
	name=$1
	shift
	if "$@" >"$W/.out" 2>&1; then
		echo "ok $TAP_N - $name"
	else
		echo "not ok $TAP_N - $name"
		sed 's/^/# /' "$W/.out"
		echo "1..$TAP_N"
		exit 1
	fi
}
refused() { ! "$@"; }
# until_ok SECONDS COMMAND...: tries until it succeeds
until_ok() {
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}
# Before the first check only. TAP's own word for "could not run", so the status is 0.
skip() {
	echo "1..0 # SKIP $1"
	exit 0
}
done_testing() { echo "1..$TAP_N"; }
