#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# model.sh MODEL.pml: the right model has no error; each wrong variant must be caught.
set -u
MODEL=$1
command -v spin >/dev/null || { echo "1..0 # SKIP spin is not installed (Debian package spin)"; exit 77; }
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
cd "$W" || exit 1
n=0
bad=0
check() { # sentence, errors wanted (0 or 1), defines...
	sentence=$1 want=$2
	shift 2
	spin "$@" -a "$MODEL" >spin.log 2>&1 && cc -O1 -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c >cc.log 2>&1 &&
		./pan -m100000 >pan.log 2>&1
	errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log | tail -1)
	states=$(sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log | tail -1)
	complete=$(grep -c 'max search depth too small\|out of memory' pan.log)
	n=$((n + 1))
	# One error ends the search: some is 1 here.
	if [ "${errors:-none}" = "$want" ] && [ "$complete" = 0 ]; then
		echo "ok $n - $sentence ($states states, $errors errors)"
	else
		echo "not ok $n - $sentence (errors: ${errors:-none found out})"
		cat spin.log pan.log
		bad=1
	fi
	rm -f pan pan.c pan.log
}
check "issue, block and release keep their promises" 0
for v in NO_LOCK NO_RELEASE NO_COMPARE NO_SPENT NO_SEQUENCE EARLY_ACK; do
	check "the model finds the fault of $v" 1 -D$v
done
echo "1..$n"
exit $bad
