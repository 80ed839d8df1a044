#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sizes_test.sh: the check of sizes finds what it is there for.
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../world/tap.sh"

T=$W/tree
# function LINES: one function of so many lines
function_of() {
	printf 'int\nf(int a,\n    int b)\n{\n'
	awk -v n="$(($1 - 5))" 'BEGIN { for (i = 1; i <= n; i++) print "\ta++;" }'
	printf '\treturn a;\n}\n'
}
tree() {
	rm -rf "$T"
	mkdir -p "$T/agent" "$T/server" "$T/center" "$T/kiosk" "$T/common/base" "$T/tools" "$T/tests/unit"
	# The longest that may be: a function of 120 lines, a file of 600, a table and a list that are no functions.
	function_of 120 >"$T/agent/good.c"
	printf 'int g(int a);\nstatic const int t[] = {\n%s\n};\n' "$(seq -s, 1 300 | tr , '\n' | sed 's/$/,/')" >"$T/agent/table.c"
	seq 600 >"$T/tests/unit/good.c"
}
sizes() { sh "$HERE/sizes.sh" "$T" >"$W/said" 2>&1; }
said() { ! sizes && grep -q "^# $1.*$2" "$W/said"; }

tree
check "a tree at its limits passes" sizes
function_of 121 >"$T/tests/unit/a.c"
check "a function of 121 lines is found" said tests/unit/a.c:2 'a function of 121 lines'
tree
seq 601 >"$T/kiosk/a.h"
check "a file of 601 lines is found" said kiosk/a.h 'over 600 lines'
rm -rf "$T"
mkdir "$T"
check "a tree without sources is found" said 'no source' 'at all'
done_testing
