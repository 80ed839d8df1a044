#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# man.sh: each manual page lists the very keys that its program's configuration has, no more and no fewer. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
N=0
BAD=0
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

keys_of_source() { # "section key" a line
	tr '\n' ' ' <"$1" | grep -oE '\b(ROW|MUNI|KIOSK)\( *"[^"]*"(, *"[^"]*")?' |
		sed -E 's/^MUNI\( *"([^"]*)".*/municipality CODE \1/; s/^KIOSK\( *"([^"]*)".*/kiosk ID \1/; s/^ROW\( *"([^"]*)", *"([^"]*)"/\1 \2/' | sort
}
keys_of_page() {
	awk '/^\.SH/ { on = $2 == "CONFIGURATION"; section = "" }
		on && /^\.SS/ { section = substr($0, 6, length($0) - 6) }
		on && section != "" && /^\.B / { print section, $2 }' "$1" | sort
}
compare() { # source, page
	N=$((N + 1))
	keys_of_source "$1" >"$WORK/source"
	keys_of_page "$2" >"$WORK/page"
	if [ -s "$WORK/source" ] && diff "$WORK/source" "$WORK/page" >"$WORK/diff"; then
		echo "ok $N - $2: $(wc -l <"$WORK/source") keys"
	else
		sed 's/^/# /' "$WORK/diff"
		echo "not ok $N - $2 against $1"
		BAD=1
	fi
}
compare server/server_conf.c docs/man/kofu-server.8
compare server/seal/conf.c docs/man/kofu-seal.8
compare center/center_conf.c docs/man/kofu-center.8
compare center/inquiry/inquiry_conf.c docs/man/kofu-inquiry.8
compare agent/agent_conf.c docs/man/kofu-agent.8

N=$((N + 1))
sed '/^\.B witness/d' docs/man/kofu-server.8 >"$WORK/less.8"
keys_of_source server/server_conf.c >"$WORK/source"
keys_of_page "$WORK/less.8" >"$WORK/page"
if diff "$WORK/source" "$WORK/page" >/dev/null; then
	echo "not ok $N - a page without a key is found"
	BAD=1
else
	echo "ok $N - a page without a key is found"
fi
echo "1..$N"
exit $BAD
