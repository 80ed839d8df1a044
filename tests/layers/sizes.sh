#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sizes.sh [ROOT]: no C file over 600 lines, no function over 120, tests included. A function
# runs from the line of its name to the } in the first column. One line a fault, TAP at the end.
set -eu
cd "${1:-$(dirname "$0")/../..}"

MAX_FILE=600
MAX_FUNCTION=120

FOUND=$(mktemp)
trap 'rm -f "$FOUND"' EXIT
find agent server center kiosk common tools tests -type f \( -name '*.c' -o -name '*.h' \) \
	-not -path '*/node_modules/*' | sort >"$FOUND.files"
xargs -r awk -v max="$MAX_FILE" -v max_function="$MAX_FUNCTION" '
function done_with() {
	if (last != "" && lines > max) printf "%s:%d: over %d lines\n", last, lines, max
}
FNR == 1 { done_with(); last = FILENAME; named = 0; open = 0 }
{ lines = FNR }
/^[A-Za-z_][A-Za-z0-9_ *]*\(/ { named = FNR }
/;[ \t]*$/ && !open { named = 0 }
/^[A-Za-z_].*\{[ \t]*$/ && !/\(/ { named = 0 }
/^\{/ { open = named }
/^\}/ {
	if (open && FNR - open + 1 > max_function)
		printf "%s:%d: a function of %d lines\n", FILENAME, open, FNR - open + 1
	open = named = 0
}
END { done_with() }' <"$FOUND.files" >"$FOUND"
[ -s "$FOUND.files" ] || echo "no source at all" >"$FOUND"
rm -f "$FOUND.files"

if [ -s "$FOUND" ]; then
	sed 's/^/# /' "$FOUND"
	echo "not ok 1 - files and functions keep their sizes"
	echo "1..1"
	exit 1
fi
echo "ok 1 - files and functions keep their sizes"
echo "1..1"
