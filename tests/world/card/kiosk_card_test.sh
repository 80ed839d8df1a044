#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kiosk_card_test.sh WORLD-JPKI WORLD-CARD PCSCD-PRIVATE LOOPBACK-BIND WORLD-KIOSK-CARD
# The kiosk's card code on a real pcscd.
JPKI=$1 EMU=$2 PRIVATE=$3 LOOPBACK=$4 KIOSK=$5
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/reader.sh"
reader_need
# What is seen of the card is asked of the kiosk's own code here: OpenSC is not needed.
card_is_in() { "$KIOSK" "Kiosk 00 00" wait card 0; }
card_is_out() { "$KIOSK" "Kiosk 00 00" wait empty 0; }
says() { # says WORD command...
	words=$1
	shift
	out=$("$@" 2>&1) || :
	echo "$out"
	echo "$out" | grep -qF "$words"
}

"$JPKI" init "$W/jpki"
"$JPKI" card "$W/jpki" "$W/a" --serial 1001 --cn A --no-sign
"$JPKI" card "$W/jpki" "$W/b" --serial 1002 --cn B --no-sign --generation 1
cp -r "$W/a" "$W/a2"
PCSCLITE_CSOCK_NAME=$W/none
export PCSCLITE_CSOCK_NAME
check "without pcscd it says so" says "pcscd" "$KIOSK" "" begin
reader_start "$PRIVATE" "$LOOPBACK"

check "an empty reader has no card" says no-card "$KIOSK" "" begin
check "a reader of another name is no reader" says no-reader "$KIOSK" "Other" begin
check "a reader is there" says ok "$KIOSK" "Kiosk" wait reader 0
check "waiting for a card ends in time" says timed-out "$KIOSK" "Kiosk" wait card 300
check "a wait is cancelled from another thread" says cancelled "$KIOSK" "Kiosk" cancel 300
"$KIOSK" "Kiosk" wait card 5000 >"$W/waited" &
WAITER=$!
child $WAITER
check "a card is laid down" card_in "$EMU" --dir "$W/a" --connect $PORT --trace "$W/trace"
check "which ends the wait" wait $WAITER
check "the certificate is read byte for byte" says "$(sha256sum <"$W/a/auth_cert.der" | cut -d' ' -f1)" "$KIOSK" "Kiosk 00 00" begin
check "with its three tries" says "tries 3" "$KIOSK" "" begin
check "no PIN was sent for that" refused grep -q "^> 00 20 00 80 04" "$W/trace"
check "twenty whole ways" "$KIOSK" "Kiosk 00 00" sign 1234 20
sed 's/^/# /' "$W/.out"
check "one VERIFY each" test "$(grep -c '^> 00 20 00 80 04' "$W/trace")" = 20
check "and one signature each" test "$(grep -c '^> 80 2A 00 80 33' "$W/trace")" = 20
check "no PIN is in the trace" refused grep -q "31 32 33 34" "$W/trace"
check "another card's application is never touched" refused grep -q "D3 92 10" "$W/trace"
check "a wrong PIN leaves two" says "left 2" "$KIOSK" "" sign 9999
check "the right one gives them back" says ok "$KIOSK" "" sign 1234
check "a PIN of three digits is not sent" says "PIN digits" "$KIOSK" "" sign 123
check "three tries are still there" says "tries 3" "$KIOSK" "" begin

"$EMU" --dir "$W/b" --connect $((PORT + 1)) &
SECOND=$!
child $SECOND
check "a card in the second reader is seen" says ok "$KIOSK" "Kiosk 00 01" wait card 5000
check "two cards are refused" says two-cards "$KIOSK" "Kiosk" begin
check "but a reader named in full has one" says "tries 3" "$KIOSK" "Kiosk 00 01" begin
kill $SECOND
wait $SECOND 2>/dev/null || :
check "the second card is taken" says ok "$KIOSK" "Kiosk 00 01" wait empty 5000

"$KIOSK" "Kiosk 00 00" sign 1234 1000 >"$W/pulled" 2>&1 &
SIGNER=$!
child $SIGNER
sleep 0.3
kill -USR1 $CARD
wait $SIGNER 2>/dev/null || :
check "a card pulled in mid-way is removed, or was between two ways" grep -qE "card-removed|no-card" "$W/pulled"
card_out

for n in 0 3 6 10 12 14 16 17; do
	cp "$W/a2/pins.state" "$W/a/pins.state"
	card_in "$EMU" --dir "$W/a" --connect $PORT --remove-after $n --trace "$W/trace-$n"
	check "a card pulled instead of answer $((n + 1)) is removed" says card-removed "$KIOSK" "Kiosk 00 00" sign 1234
	check "and at most one PIN was sent" test "$(grep -c '^> 00 20 00 80 04' "$W/trace-$n")" -le 1
	card_out
done

cp "$W/a2/pins.state" "$W/a/pins.state"
card_in "$EMU" --dir "$W/a" --connect $PORT --atr typeb
check "the ATR does not matter" says "tries 3" "$KIOSK" "" begin
check "first wrong PIN" says "left 2" "$KIOSK" "" sign 0000
check "second" says "left 1" "$KIOSK" "" sign 0000
check "third locks" says pin-locked "$KIOSK" "" sign 0000
check "and it is seen before any PIN is asked for" says pin-locked "$KIOSK" "" begin
card_out

kill $PCSCD
wait $PCSCD 2>/dev/null || :
check "pcscd gone is a fault, not an empty reader" refused says ok "$KIOSK" "" wait empty 0
LD_PRELOAD=$LOOPBACK "$PRIVATE" "$W/pcscd.sock" "$W/conf" --apdu >"$W/pcscd.log" 2>&1 &
PCSCD=$!
until_ok 5 reader_listens $PCSCD
child $PCSCD
check "a pcscd that logs APDUs is refused" says "pcscd logs APDUs" "$KIOSK" "" begin
done_testing
