#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# card_test.sh WORLD-JPKI WORLD-CARD PCSCD-PRIVATE LOOPBACK-BIND
# OpenSC is the judge: what it cannot read is no JPKI card.
JPKI=$1 EMU=$2 PRIVATE=$3 LOOPBACK=$4
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/reader.sh"
reader_need
command -v pkcs15-tool >/dev/null || skip "OpenSC is not installed (Debian package opensc)"
MODULE=$(ls /usr/lib/*/opensc-pkcs11.so 2>/dev/null | head -1) || :
[ -n "$MODULE" ] || skip "OpenSC's PKCS#11 module is not installed (Debian package opensc-pkcs11)"

"$JPKI" init "$W/jpki"
"$JPKI" card "$W/jpki" "$W/a" --serial 1001 --cn 991015TEST1001
"$JPKI" card "$W/jpki" "$W/b" --serial 1002 --cn 991015TEST1002 --generation 1
reader_start "$PRIVATE" "$LOOPBACK"
check "the readers listen on the loopback address alone" sh -c "! ss -ltnH | grep -E ':($PORT|$((PORT + 1))) ' | grep -qv '127.0.0.1:'"
check "the card is seen" card_in "$EMU" --dir "$W/a" --connect $PORT --trace "$W/trace"

lists() { pkcs15-tool --list-certificates --list-keys --list-pins 2>/dev/null; }
counts() { test "$(lists | grep -c "$1")" = "$2"; }
check "OpenSC takes it for a JPKI card" sh -c "opensc-tool -n 2>/dev/null | grep -qi jpki"
check "it lists four certificates" counts "^X.509 Certificate" 4
check "two keys" counts "^Private RSA Key" 2
check "two PINs" counts "^PIN" 2
check "with three tries" counts "Tries left *: 3" 1
check "and five" counts "Tries left *: 5" 1
check "the authentication certificate comes byte for byte" sh -c "pkcs15-tool --read-certificate 1 2>/dev/null | openssl x509 -outform DER | cmp - '$W/a/auth_cert.der'"
check "and its CA's" sh -c "pkcs15-tool --read-certificate 3 2>/dev/null | openssl x509 -outform DER | cmp - '$W/a/auth_ca.der'"
p11() { pkcs11-tool --module "$MODULE" "$@"; }
echo "a transcript" >"$W/msg"
openssl x509 -inform DER -in "$W/a/auth_cert.der" -pubkey -noout >"$W/pub"
check "OpenSC has it sign" p11 --slot-index 0 --login --pin 1234 --sign -m SHA256-RSA-PKCS --id 01 -i "$W/msg" -o "$W/sig"
check "the signature verifies under the certificate" openssl dgst -sha256 -verify "$W/pub" -signature "$W/sig" "$W/msg"
no_errors() { p11 "$@" 2>&1 | grep "No errors"; }
check "pkcs11-tool --test has no errors with the authentication key" no_errors --slot-index 0 --login --pin 1234 --test
check "nor with the signature key" no_errors --slot-index 1 --login --pin ABC123 --test
check "no PIN is in the trace" refused grep -qE "31 32 33 34|41 42 43 31 32 33" "$W/trace"
check "though one was sent" grep -q "^> 00 20 00 80 04 \*\* \*\* \*\* \*\*$" "$W/trace"

# Three wrong PINs, with the exact status words, by opensc-tool's raw commands.
AP=00:A4:04:0C:0A:D3:92:F0:00:26:01:00:00:00:01
PIN=00:A4:02:0C:02:00:18
verify() { opensc-tool -c default -s $AP -s $PIN -s "$1" 2>/dev/null | grep "^Received" | tail -1 | sed 's/.*SW1=0x\(..\), SW2=0x\(..\).*/\1\2/'; }
sw() { test "$(verify "$2")" = "$1"; }
check "asking for the tries spends none" sw 63C3 00:20:00:80
check "asking again neither" sw 63C3 00:20:00:80
check "a wrong PIN leaves two" sw 63C2 00:20:00:80:04:39:39:39:39
check "another leaves one" sw 63C1 00:20:00:80:04:39:39:39:39
check "the right PIN gives all three back" sw 9000 00:20:00:80:04:31:32:33:34
check "so that there are three again" sw 63C3 00:20:00:80
for left in 2 1 0; do
	check "a wrong PIN leaves $left" sw 63C$left 00:20:00:80:04:39:39:39:39
done
check "then the right PIN is refused" sw 6984 00:20:00:80:04:31:32:33:34
check "and no try is left" sw 63C0 00:20:00:80
check "OpenSC sees a locked PIN" sh -c "pkcs11-tool --module '$MODULE' --list-slots 2>/dev/null | grep -q 'user PIN locked'"
check "the signature password has its own tries" counts "Tries left *: 5" 1
card_out
check "the card is taken away" card_is_out
check "the tries are on the card" grep -q "^0 0018 1234 3 0$" "$W/a/pins.state"
check "and still spent after it was away" card_in "$EMU" --dir "$W/a" --connect $PORT
check "and locked" sw 63C0 00:20:00:80
card_out

check "another card, of the old generation" card_in "$EMU" --dir "$W/b" --connect $PORT --atr typeb
check "is another certificate" sh -c "pkcs15-tool --read-certificate 1 2>/dev/null | openssl x509 -outform DER | cmp - '$W/b/auth_cert.der'"
kill -USR1 $CARD
check "it is pulled" until_ok 5 card_is_out
kill -USR2 $CARD
check "and put back" until_ok 5 card_is_in
card_out
check "a card is pulled in the middle" card_in "$EMU" --dir "$W/b" --connect $PORT --remove-after 4
check "which OpenSC sees as an error, not as a status" refused opensc-tool -c default -s $AP -s $PIN -s 00:20:00:80 -s 00:20:00:80 -s 00:20:00:80 -s 00:20:00:80
check "and the reader as removed" until_ok 5 card_is_out
card_out
check "a folder that is no card is refused" refused "$EMU" --dir "$W" --connect $PORT
done_testing
