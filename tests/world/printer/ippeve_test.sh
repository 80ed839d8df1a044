#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ippeve_test.sh WORLD-PRINTER WORLD-KIOSK-PRINT
# The kiosk's jobs on two printers that others wrote, PAPPL's and CUPS' ippeveprinter, with CUPS' ipptool as the judge of
# what arrived.
MFP=$1 KIOSK=$2
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../tap.sh"
[ -e /proc/net/if_inet6 ] || skip "ippeveprinter wants IPv6"
PATH=$PATH:/usr/sbin

says() { # says WORD command...
	words=$1
	shift
	out=$("$@" 2>&1) || :
	echo "$out"
	echo "$out" | grep -qF "$words"
}
printf '%%PDF-1.4\n1 0 obj<</Type /Catalog /Pages 2 0 R>>endobj\n2 0 obj<</Type /Pages /Count 2 /Kids [3 0 R 4 0 R]>>endobj\n3 0 obj<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>endobj\n4 0 obj<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>endobj\n' >"$W/two.pdf"
head -c 100000 /dev/urandom >>"$W/two.pdf"
printf '\ntrailer<</Root 1 0 R>>\n%%%%EOF\n' >>"$W/two.pdf"

judged() { # PRINTER'S-NAME: one job, as the printer and as ipptool see it
	check "$1: the kiosk takes it for able" "$KIOSK" "$URI" abilities
	check "$1: a certificate is printed" "$KIOSK" "$URI" print "$W/two.pdf" 991015-20261121-K0001-000001 20000
	check "$1: ipptool sees both sides, no scaling, one copy, A4" \
		ipptool -t -d job=1 -d name=991015-20261121-K0001-000001 "$URI" "$HERE/kiosk_job.test"
	check "$1: its job is found by its name" says "job 1" "$KIOSK" "$URI" find 991015-20261121-K0001-000001 0
	check "$1: a job that never came is not" until_ok 5 says no-job "$KIOSK" "$URI" find 991015-20261121-K0001-000002 0
}

# PAPPL's
"$MFP" --port 0 --dir "$W/out" --control "$W/control" --uri-file "$W/uri" >/dev/null 2>&1 &
child $!
until_ok 10 test -s "$W/uri"
URI=$(cat "$W/uri")
until_ok 10 "$KIOSK" "$URI" check
judged pappl
check "pappl: byte for byte" cmp "$W/two.pdf" "$W/out/000001.pdf"

# CUPS': it wants a message bus (for names on the network, which are switched off); this one is its own.
cat >"$W/bus.conf" <<EOF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path=$W/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="false"/><allow receive_sender="*" eavesdrop="false"/><allow own="*"/><allow user="*"/></policy></busconfig>
EOF
cat >"$W/command" <<EOF
#!/bin/sh
cp "\$1" "$W/eve.pdf"
printf '%s %s %s %s\n' "\$IPP_SIDES" "\$IPP_PRINT_SCALING" "\$IPP_MEDIA" "\$IPP_COPIES" >"$W/eve.env"
[ ! -e "$W/jam" ] || { echo "STATE: +media-jam-error" >&2; while [ -e "$W/jam" ]; do sleep 0.1; done; echo "STATE: -media-jam-error" >&2; }
[ ! -e "$W/give-up" ] || exit 1
echo "ATTR: job-impressions-completed=4" >&2
EOF
chmod +x "$W/command"
mkdir "$W/spool"
dbus-daemon --config-file="$W/bus.conf" --nofork >/dev/null 2>&1 &
child $!
until_ok 10 test -S "$W/bus"
PORT=$(ss -ltnH | awk '{ sub(/.*:/, "", $4); used[$4] = 1 } END { srand('$$'); do p = 20000 + int(rand() * 20000); while (p in used); print p }')
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$W/bus ippeveprinter -a "$HERE/ippeve.attrs" -k -p "$PORT" -n localhost -r off -d "$W/spool" -c "$W/command" "Virtual MFP" >/dev/null 2>&1 &
EVE=$!
child $EVE
URI=ipp://localhost:$PORT/ipp/print
check "ippeveprinter starts" until_ok 20 "$KIOSK" "$URI" check
check "ippeveprinter: it listens on this machine alone" sh -c "ss -ltnpH | grep 'pid=$EVE,' | grep -q . && ! ss -ltnpH | grep 'pid=$EVE,' | grep -vqE '(127.0.0.1|\[::1\]):'"
judged ippeveprinter
check "ippeveprinter: byte for byte" cmp "$W/two.pdf" "$W/eve.pdf"
check "ippeveprinter: its command is told to print so" grep -qx "two-sided-long-edge none iso_a4_210x297mm 1" "$W/eve.env"

touch "$W/jam"
"$KIOSK" "$URI" print "$W/two.pdf" 991015-20261121-K0001-000003 30000 >"$W/log" 2>&1 &
JOB=$!
child $JOB
check "ippeveprinter: a jam is seen" until_ok 10 grep -q "jam" "$W/log"
check "ippeveprinter: the job is not over" refused grep -qE "completed|aborted" "$W/log"
check "ippeveprinter: and is found by its name meanwhile" says "job 2" "$KIOSK" "$URI" find 991015-20261121-K0001-000003 0
rm "$W/jam"
check "ippeveprinter: cleared, it completes" wait $JOB
touch "$W/give-up"
check "ippeveprinter: what it gives up is aborted" says aborted "$KIOSK" "$URI" print "$W/two.pdf" 991015-20261121-K0001-000004 20000
done_testing
