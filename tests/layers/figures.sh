#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# figures.sh: each figure that a dashboard or an alert rule asks for is one that a program tells, and
# the dashboards are JSON; figures that nothing asks for are named. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
N=0
BAD=0
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

ok() { # status, what
	N=$((N + 1))
	if [ "$1" = 0 ]; then echo "ok $N - $2"; else echo "not ok $N - $2"; BAD=1; fi
}
# A struct metric is { "name", ...: no other text of the sources begins so.
figures_told() {
	find common center server agent -name '*.c' -exec cat {} + |
		grep -oE '"(kofu|process)_[a-z_]+"' | tr -d '"' | sort -u
}
figures_asked() { # files...
	grep -hoE '\b(kofu|process)_[a-z_]+\b' "$@" | sed -E 's/_(bucket|sum|count)$//' | sort -u
}
unknown() { # files...: asked for, and nobody tells it
	figures_asked "$@" >"$WORK/asked"
	comm -13 "$WORK/told" "$WORK/asked"
}
figures_told >"$WORK/told"
[ "$(wc -l <"$WORK/told")" -ge 20 ]
ok $? "the sources tell figures"
for f in docs/dashboards/*.json docs/alerts.yml; do
	unknown "$f" | sed 's/^/# nobody tells /' | tee "$WORK/bad"
	[ -s "$WORK/asked" ] && [ ! -s "$WORK/bad" ]
	ok $? "$f: $(wc -l <"$WORK/asked") figures, each told by a program"
done
figures_asked docs/dashboards/*.json docs/alerts.yml >"$WORK/asked"
comm -23 "$WORK/told" "$WORK/asked" | sed 's/^/# nowhere shown: /'
for f in docs/dashboards/*.json; do
	node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
		const name = require("path").basename(process.argv[1], ".json");
		const ids = new Set(d.panels.map((p) => p.id));
		if (d.uid !== name || ids.size !== d.panels.length || !d.panels.every((p) => p.targets.length > 0 && p.targets.every((t) => t.expr))) process.exit(1);' "$f"
	ok $? "$f is a dashboard: JSON, its own name, panels that ask"
done
sed 's/kofu_ready/kofu_readi/' docs/dashboards/kofu-server.json >"$WORK/wrong.json"
[ "$(unknown "$WORK/wrong.json")" = kofu_readi ]
ok $? "a figure that nobody tells is found"
echo "1..$N"
exit $BAD
