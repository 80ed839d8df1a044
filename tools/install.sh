#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing of tools/packages.txt, and npm or what the benchmarks need when asked
# to: install.sh [npm|bench|fuzz]
# As root it installs; otherwise it says which command to run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
want=$(sed "s/#.*//; s/ @${1:-none} *\$//; / @/d" "$here/packages.txt")
missing=""
for p in $want; do
	[ "$p" != nodejs ] || ! command -v node >/dev/null 2>&1 || continue # any node of 18 or newer will do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ "${1:-}" != npm ] || command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "missing packages, please run as root: apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "installing:$missing"
dpkg --configure -a >/dev/null # an installation that was interrupted
apt-get update -q >/dev/null
# shellcheck disable=SC2086 -- the list is meant to split
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
