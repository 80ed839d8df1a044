#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# units.sh: every systemd unit exposes little (systemd-analyze's scale of ten), those whose program builds a filter of
# its own may do so, and the alert rules speak of figures and codes that a program gives. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1

MOST=2.0
N=0
BAD=0
result() { # status, what
	N=$((N + 1))
	if [ "$1" = 0 ]; then echo "ok $N - $2"; else echo "not ok $N - $2"; BAD=1; fi
}
score() { systemd-analyze security --offline=true --no-pager "$1" 2>/dev/null | tail -1 | sed -n 's/.*: \([0-9.]*\) .*/\1/p'; }
exposes_little() { awk -v s="$1" -v m="$MOST" 'BEGIN { exit !(s != "" && s + 0 <= m + 0) }'; }

UNITS=$(find agent center kiosk server -name '*.service' -not -name '*screen.service' | sort) # a screen's compositor needs the machine
[ "$(echo "$UNITS" | wc -l)" -ge 7 ]
result $? "there are units of all programs"
for u in $UNITS; do
	s=$(score "$u")
	exposes_little "$s" && grep -q '^ExecStart=/usr/bin/kofu-' "$u"
	result $? "$u exposes $s"
done
WEAK=$(mktemp --suffix=.service)
grep -v '^NoNewPrivileges\|^Protect\|^Private\|^Restrict\|^SystemCall' server/kofu-server.service >"$WEAK"
! exposes_little "$(score "$WEAK")"
result $? "a unit without its walls is found"
rm -f "$WEAK"

# libseccomp's call is in no set that @system-service has.
grep -q '^SystemCallFilter=@system-service seccomp$' server/kofu-server.service &&
	grep -q '^SystemCallFilter=@system-service seccomp$' center/inquiry/kofu-inquiry.service
result $? "renderers and decoders may shut themselves in"
! grep -q '^PrivateUsers=yes' server/kofu-seal.service
result $? "kofu-seal sees the uid of who asks"

# Sources that tell of them: "kofu_x" in C, with the suffix that a histogram adds taken off.
given() { grep -rqF "\"$1\"" --include='*.c' common server center agent; }
unknown=
for n in $(grep -oE 'kofu_[a-z_]+' docs/alerts.yml | sort -u); do
	given "$n" || given "${n%_bucket}" || unknown="$unknown $n"
done
for c in $(grep -oE 'code="[a-z-]+"' docs/alerts.yml | cut -d'"' -f2 | sort -u); do
	given "$c" || unknown="$unknown $c"
done
[ -z "$unknown" ] && grep -q 'expr: .*kofu_' docs/alerts.yml
result $? "rules speak of what is given, not of:${unknown:- nothing}"
given kofu_never_told
[ $? != 0 ]
result $? "a figure that nobody gives is found"
echo "1..$N"
exit $BAD
