#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# neg.sh DIR COMPILER...: each DIR/*.c must be refused, first of all with the complaint that
# its first line names; written the right way (-DRIGHT) it must compile.
#   /* complaint: warn_unused_result */
set -u
DIR=$1
shift
CC=$* # two words where a cache stands before it
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# The warnings of meson.build that the complaints come from, and its -Werror.
FLAGS="-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wconversion -Wformat=2 -O2 -I$ROOT -I$ROOT/common"
W=$(mktemp -d "${TMPDIR:-/tmp}/kofu-neg.XXXXXX")
trap 'rm -rf "$W"' EXIT
n=0
bad=0
# shellcheck disable=SC2086
compile() { LC_ALL=C $CC $FLAGS "$@" -c -o "$W/o" >"$W/said" 2>&1; }
not_ok() {
	echo "not ok $n - $1"
	sed 's/^/# /' "$W/said"
	bad=1
}
for f in "$DIR"/*.c; do
	n=$((n + 1))
	sentence=$(basename "$f" .c | tr _ ' ')
	complaint=$(sed -n '1s:^/\* complaint\: \(.*\) \*/$:\1:p' "$f")
	: >"$W/said"
	if [ -z "$complaint" ]; then
		not_ok "$sentence: its first line names no complaint"
	elif ! compile -DRIGHT "$f"; then
		not_ok "$sentence: the right way does not compile either"
	elif compile "$f"; then
		not_ok "$sentence: compiles"
	elif ! grep -m1 'error:' "$W/said" | grep -q -- "$complaint"; then
		not_ok "$sentence: refused, but not for $complaint"
	else
		echo "ok $n - $sentence"
	fi
done
echo "1..$n"
[ "$n" -gt 0 ] || exit 1
exit $bad
