#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# boot.sh [--can]: boots systemd in namespaces of its own, over this machine's files with every change kept in memory;
# there it runs units.test.mjs and says what that said. --can: ends with 1 and the reason where that is not to be had.
# Needs root, overlayfs and cgroup v2. No network but loopback.
set -eu
cd "$(dirname "$0")/../.."
ROOT=$PWD
LONGEST_S=400
SPACES="unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup"

# A root of its own at $1/root: what is there, and what changes in memory.
over() {
	mount --make-rprivate /
	mount -t tmpfs -o size=3g tmpfs "$1"
	mkdir "$1/up" "$1/work" "$1/root"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
	mount -t proc proc "$1/root/proc"
	mount -t sysfs -o ro sysfs "$1/root/sys"
	mount -t cgroup2 cgroup2 "$1/root/sys/fs/cgroup"
}

case "${1:-}" in
--can)
	[ "$(id -u)" = 0 ] || { echo "not root"; exit 1; }
	[ -x /lib/systemd/systemd ] || { echo "no systemd"; exit 1; }
	D=$(mktemp -d)
	$SPACES sh "$0" --try "$D" >/dev/null 2>&1 || D="$D no"
	rmdir "${D% no}"
	case $D in *" no") echo "no namespaces, overlayfs or cgroup v2 here"; exit 1 ;; esac
	exit 0
	;;
--try)
	over "$2"
	mkdir "$2/root/sys/fs/cgroup/kofu-units"
	rmdir "$2/root/sys/fs/cgroup/kofu-units"
	exit 0
	;;
--inside) ;;
*)
	OUT=$(mktemp -d)
	# shellcheck disable=SC2086 # words
	timeout -k 5 "$LONGEST_S" $SPACES sh "$0" --inside "$OUT" >"$OUT/boot" 2>&1 || :
	if [ -e "$OUT/tap" ]; then cat "$OUT/tap"; else sed 's/^/# /' "$OUT/boot"; echo "not run: systemd does not come up in namespaces here"; fi
	! grep -q '^not ok' "$OUT/tap" 2>/dev/null || sed 's/^/  # /' "$OUT/journal"
	rm -rf "$OUT"
	exit 0
	;;
esac

# ---- inside ----
OUT=$2
NODE=$(command -v node)
mkdir "$OUT/over"
over "$OUT/over"
R=$OUT/over/root
mount --bind "$R/proc/sys" "$R/proc/sys"
mount -o remount,ro,bind "$R/proc/sys" # the kernel is not ours alone
mount --rbind /dev "$R/dev"
for d in run tmp; do mount -t tmpfs tmpfs "$R/$d"; done
mkdir -p "$R$ROOT" "$R/srv/out" "$R/usr/share/kofu"
mount --bind "$ROOT" "$R$ROOT"
mount --bind "$OUT" "$R/srv/out"
ip link set lo up

# What the packages would bring.
for p in server/kofu-server server/kofu-seal server/kofu-warm center/kofu-center center/inquiry/kofu-inquiry agent/kofu-agent kiosk/kofu-kiosk; do
	install -m 755 "build/$p" "$R/usr/bin/"
done
cp -r fonts "$R/usr/share/kofu/"
find agent center kiosk server -name '*.service' -exec install -m 644 {} "$R/usr/lib/systemd/system/" \;
for u in debian/*.sysusers; do chroot "$R" systemd-sysusers - <"$u"; done
: >"$R/etc/fstab"
cat >"$R/etc/systemd/system/kofu-units.service" <<-UNIT
	[Unit]
	Description=The test itself
	[Service]
	Type=oneshot
	TimeoutStartSec=infinity
	WorkingDirectory=$ROOT
	Environment="PATH=$PATH" NODE_NO_WARNINGS=1 HOME=/root
	ExecStart=$NODE --test --test-reporter=tap $ROOT/tests/units/units.test.mjs
	StandardOutput=append:/srv/out/tap
	StandardError=inherit
	ExecStopPost=/bin/sh -c 'journalctl --no-pager -n 300 -o cat -u "kofu-*" >/srv/out/journal'
	ExecStopPost=/bin/systemctl --no-block exit
UNIT
cd "$R"
mkdir -p .before
pivot_root . .before
umount -l /.before
exec env -i container=kofu /lib/systemd/systemd --system --unit=kofu-units.service --log-target=journal --show-status=0
