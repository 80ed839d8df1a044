#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kiosk_print_test.sh WORLD-PRINTER WORLD-KIOSK-PRINT
# The kiosk's printing on a virtual printer.
MFP=$1 KIOSK=$2
. "$(dirname "$0")/../tap.sh"

says() { # says WORD command...
	words=$1
	shift
	out=$("$@" 2>&1) || :
	echo "$out"
	echo "$out" | grep -qF "$words"
}
# A PDF of N pages, with bytes of every value in it so that any change would show.
pdf() {
	{
		printf '%%PDF-1.4\n%%\342\343\317\323\n'
		printf '1 0 obj<</Type /Catalog /Pages 2 0 R>>endobj\n2 0 obj<</Type /Pages /Count %d /Kids [' "$1"
		for i in $(seq "$1"); do printf '%d 0 R ' $((i + 2)); done
		printf ']>>endobj\n'
		for i in $(seq "$1"); do printf '%d 0 obj<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>endobj\n' $((i + 2)); done
		head -c 300000 /dev/urandom
		printf '\ntrailer<</Root 1 0 R>>\n%%%%EOF\n'
	} >"$2"
}
start() {
	rm -f "$W/uri"
	"$MFP" --port 0 --dir "$W/out" --control "$W/control" --uri-file "$W/uri" "$@" >/dev/null 2>&1 &
	PRINTER=$!
	child $PRINTER
	until_ok 5 test -s "$W/uri"
	URI=$(cat "$W/uri")
	until_ok 5 "$KIOSK" "$URI" check
}
stop() {
	kill $PRINTER
	wait $PRINTER 2>/dev/null || :
}
control() { echo "$1" >"$W/control"; }

pdf 2 "$W/two.pdf"
pdf 4 "$W/four.pdf"
start --ms-per-side 200
check "it listens on the loopback address alone" sh -c "ss -ltnpH | grep 'pid=$PRINTER,' | grep -q 127.0.0.1: && ! ss -ltnpH | grep 'pid=$PRINTER,' | grep -qv 127.0.0.1:"
check "the printer can do what a certificate needs" "$KIOSK" "$URI" abilities
check "it is ready" says ready "$KIOSK" "$URI" check
check "a certificate is printed" "$KIOSK" "$URI" print "$W/two.pdf" 2026-000001 10000
check "byte for byte" cmp "$W/two.pdf" "$W/out/000001.pdf"
check "on both sides" grep -q "^sides=two-sided-long-edge$" "$W/out/000001.txt"
check "on A4" grep -q "^media=iso_a4_210x297mm$" "$W/out/000001.txt"
check "without scaling" grep -q "^scaling=none$" "$W/out/000001.txt"
check "once" grep -q "^copies=1$" "$W/out/000001.txt"
check "nothing of it is left in the spool" test -z "$(find "$W/out/.spool" -type f -name '*.pdf')"

check "its job is found by its name, as after a restart" says "job 1" "$KIOSK" "$URI" find 2026-000001 0
check "a job that was never sent is not" until_ok 5 says no-job "$KIOSK" "$URI" find 2026-000009 0
check "and of one sent an hour ago nobody can say" says unsure "$KIOSK" "$URI" find 2026-000009 3600

control jam
until_ok 5 says jam "$KIOSK" "$URI" check
check "a jam is seen before a job is sent" says jam "$KIOSK" "$URI" check
control ok
until_ok 5 says ready "$KIOSK" "$URI" check
"$KIOSK" "$URI" print "$W/four.pdf" 2026-000002 20000 >"$W/log" 2>&1 &
JOB=$!
child $JOB
check "it prints" until_ok 5 grep -q "^printing busy" "$W/log"
sleep 0.3
control jam
check "paper gets stuck" until_ok 5 grep -q "^printing jam" "$W/log"
check "the job is not over" refused grep -qE "completed|aborted" "$W/log"
control ok
check "the jam is cleared and the job completes" wait $JOB
check "the states came in order" sh -c "grep -nE 'jam|^completed' '$W/log' | tail -1 | grep -q completed"
check "the second paper is whole, too" cmp "$W/four.pdf" "$W/out/000002.pdf"

control paper-out
"$KIOSK" "$URI" print "$W/two.pdf" 2026-000003 20000 >"$W/log" 2>&1 &
JOB=$!
child $JOB
check "an empty tray is seen" until_ok 5 grep -q "paper-out" "$W/log"
control ok
check "it is filled and the job completes" wait $JOB

control cover-open
check "an open door is seen" until_ok 5 says cover-open "$KIOSK" "$URI" check
control toner-empty
check "toner that is out is seen" until_ok 5 says supply "$KIOSK" "$URI" check
control tray-missing
check "a missing tray is an empty one" until_ok 5 says paper-out "$KIOSK" "$URI" check
control ok
until_ok 5 says ready "$KIOSK" "$URI" check

control jam
until_ok 5 says jam "$KIOSK" "$URI" check
"$KIOSK" "$URI" print "$W/two.pdf" 2026-000004 20000 >"$W/log" 2>&1 &
JOB=$!
child $JOB
until_ok 5 grep -q "printing jam" "$W/log"
control give-up
check "a job that the printer gives up does not complete" refused wait $JOB
check "it is aborted" grep -q "^aborted" "$W/log"
check "and no paper of it came out" test ! -e "$W/out/000004.pdf"
control ok

control jam
until_ok 5 says jam "$KIOSK" "$URI" check
N=$("$KIOSK" "$URI" send "$W/two.pdf" 2026-000005 | sed -n 's/^job //p')
check "a job that is not over is found by its name" says "job $N" "$KIOSK" "$URI" find 2026-000005 0
check "a second job is told to wait" says busy "$KIOSK" "$URI" send "$W/two.pdf" 2026-000006
check "a job is cancelled" "$KIOSK" "$URI" cancel "$N"
check "and is then cancelled" until_ok 5 says canceled "$KIOSK" "$URI" poll "$N"
check "cancelling it again is no harm" "$KIOSK" "$URI" cancel "$N"
check "and still found" says "job $N" "$KIOSK" "$URI" find 2026-000005 0
check "no paper came out" test ! -e "$W/out/000005.pdf"
control ok
"$KIOSK" "$URI" send "$W/two.pdf" 2026-000007 >/dev/null
check "who finds it busy waits and prints" "$KIOSK" "$URI" print "$W/two.pdf" 2026-000008 20000
check "a job that never was is unknown" says no-job "$KIOSK" "$URI" poll 4711
check "and cannot be cancelled" says no-job "$KIOSK" "$URI" cancel 4711

check "a job name with a space, as a person's name has, is not sent" says "document" "$KIOSK" "$URI" send "$W/two.pdf" "見本 太郎"
check "a name of 64 characters is taken" "$KIOSK" "$URI" print "$W/two.pdf" "$(printf '%064d' 1)" 20000
check "one of 65 is not" says "document" "$KIOSK" "$URI" send "$W/two.pdf" "$(printf '%065d' 1)"
: >"$W/empty.pdf"
check "an empty document is not sent" says "document" "$KIOSK" "$URI" send "$W/empty.pdf" x
printf 'no PDF at all' >"$W/text.pdf"
check "another address of the same printer is refused" says refused "$KIOSK" "${URI}x" send "$W/two.pdf" x
check "an address that is none is a mistake of configuration" says fault=config "$KIOSK" "http://127.0.0.1/" check
check "TLS without a pinned certificate, too" says fault=config "$KIOSK" "ipps://127.0.0.1/ipp/print" check
stop
check "a printer that is away is offline" says offline "$KIOSK" "$URI" check
check "also for sending" says offline "$KIOSK" "$URI" send "$W/two.pdf" x
start --no-duplex
check "a printer of one side only is refused at the start" says refused "$KIOSK" "$URI" abilities
check "and refuses the job rather than print it so" says refused "$KIOSK" "$URI" send "$W/two.pdf" x
check "without leaving a job behind" says ready "$KIOSK" "$URI" check
stop
done_testing
