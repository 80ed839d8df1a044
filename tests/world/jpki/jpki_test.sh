#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# jpki_test.sh WORLD-JPKI: openssl is the judge of what our CA and responder say.
JPKI=$1
. "$(dirname "$0")/../tap.sh"
D=$W/jpki

der2pem() { openssl x509 -inform DER -in "$1" -out "$2"; }
has() { openssl x509 -in "$1" -noout -text -nameopt utf8 -certopt no_sigdump | grep -qF "$2"; }
# ask CA CERT|-serial N [options]: openssl's words about one certificate
ask() {
	ca=$1
	shift
	openssl ocsp -issuer "$D/$ca.crt" "$@" -url "http://127.0.0.1:$PORT/" -CAfile "$D/$ca.crt" \
		-no_cert_checks -timeout 5 2>&1
}
says() { # says WORDS ask...
	words=$1
	shift
	out=$("$@") || :
	echo "$out"
	echo "$out" | grep -qF "$words"
}

check "four CAs of two names are made" "$JPKI" init "$D" --url http://127.0.0.1:1/
check "both generations bear one name" test "$(openssl x509 -in "$D/auth-1.crt" -subject -noout)" = "$(openssl x509 -in "$D/auth-2.crt" -subject -noout)"
check "but not one key" refused cmp -s "$D/auth-1.key" "$D/auth-2.key"
check "the hierarchies have different names" refused test "$(openssl x509 -in "$D/auth-1.crt" -subject -noout)" = "$(openssl x509 -in "$D/sign-1.crt" -subject -noout)"
for k in auth-1 auth-2 sign-1 sign-2; do
	check "$k is valid today" openssl verify -CAfile "$D/$k.crt" "$D/$k.crt"
done
check "nothing can be taken for production" has "$D/auth-1.crt" "O = JPKI-TEST"
"$JPKI" card "$D" "$W/c1" --serial 1001 --cn 991015TEST1001 --generation 1 &
A=$!
check "a card is made" "$JPKI" card "$D" "$W/c2" --serial 1002 --cn 991015TEST1002
check "another is made at the same time" wait $A
check "both are on the list" test "$("$JPKI" status "$D" | sort | tr '\n' ' ')" = "auth-1 1001 good auth-2 1002 good sign-1 1001 good sign-2 1002 good "
check "a serial is never issued twice" refused "$JPKI" card "$D" "$W/c3" --serial 1002 --cn X
for n in 1 2; do der2pem "$W/c$n/auth_cert.der" "$W/auth$n.pem"; der2pem "$W/c$n/sign_cert.der" "$W/sign$n.pem"; done
check "the old generation's card verifies under the old key" openssl verify -partial_chain -CAfile "$D/auth-1.crt" "$W/auth1.pem"
check "and not under the new key of the same name" refused openssl verify -partial_chain -CAfile "$D/auth-2.crt" "$W/auth1.pem"
check "the signature certificate is of its own hierarchy" refused openssl verify -CAfile "$D/auth-1.crt" "$W/sign1.pem"
check "the policy is the test hierarchy's" has "$W/auth1.pem" "1.2.392.200149.8.5.1.0.30"
check "the issuer's other name is readable Japanese" sh -c "openssl asn1parse -in '$W/auth1.pem' -strparse \$(openssl asn1parse -in '$W/auth1.pem' | grep -A1 'Issuer Alternative' | tail -1 | cut -d: -f1) | grep -q 公的個人認証サービス"
check "the CRL distribution point is a directory name" has "$W/auth1.pem" "DirName:C = JP, O = JPKI-TEST, OU = JPKI for user authentication, OU = CRL Distribution Points"
check "the authentication certificate names nobody" refused has "$W/auth1.pem" "Subject Alternative Name"
check "the signature certificate names its holder" sh -c "openssl asn1parse -in '$W/sign1.pem' -strparse \$(openssl asn1parse -in '$W/sign1.pem' | grep -A1 'Subject Alternative' | tail -1 | cut -d: -f1) | grep -q 見本　太郎"
check "the key on the card is the certificate's" test "$(openssl pkey -in "$W/c1/auth_key.pem" -pubout)" = "$(openssl x509 -in "$W/auth1.pem" -pubkey -noout)"
check "an expired card can be made" "$JPKI" card "$D" "$W/c4" --serial 1004 --cn OLD --not-after 2020-03-31
der2pem "$W/c4/auth_cert.der" "$W/auth4.pem"
check "it ended with that day in Japan" test "$(openssl x509 -in "$W/auth4.pem" -enddate -noout)" = "notAfter=Mar 31 14:59:59 2020 GMT"
check "a child's card has no signature certificate" "$JPKI" card "$D" "$W/c5" --serial 1005 --cn CHILD --no-sign
check "and says so" test "$(od -An -tx1 "$W/c5/have.bin" | tr -d ' ')" = 008f00
check "a name that is no UTF-8 is refused" refused "$JPKI" card "$D" "$W/c6" --serial 1006 --cn X --name "$(printf '\377')"
for d in 2020-13-01 2020-00-10 20-01-01 2020-1-1 2020-01-32 2020/01/01; do
	check "an end on $d is refused" refused "$JPKI" card "$D" "$W/c6" --serial 1006 --cn X --not-after "$d"
done
check "a PIN of five is refused" refused "$JPKI" card "$D" "$W/c6" --serial 1006 --cn X --pin 12345

serve() {
	rm -f "$W/port"
	"$JPKI" serve "$D" --port 0 --port-file "$W/port" "$@" >/dev/null &
	SERVER=$!
	child $SERVER
	until_ok 5 test -s "$W/port"
	PORT=$(cat "$W/port")
}
serve
check "a good card is good" says "good" ask auth-1 -cert "$W/auth1.pem"
check "the answer verifies under the CA" says "Response verify OK" ask auth-1 -cert "$W/auth1.pem"
check "the nonce comes back" refused says "no nonce" ask auth-1 -cert "$W/auth1.pem"
check "under the other generation's key it is unknown" says "unknown" ask auth-2 -cert "$W/auth1.pem"
cp "$W/auth1.pem" "$D/foreign.crt"
check "a key that is no CA's is not answered for" says "unauthorized" ask foreign -serial 1001
check "a serial never issued is unknown" says "4711: unknown" ask auth-2 -serial 4711
check "a serial of the other generation is unknown" says "1001: unknown" ask auth-2 -serial 1001
check "several are asked in one request" says "1005: good" ask auth-2 -serial 1002 -serial 1005
check "SHA-256 names the issuer as well" says "good" ask auth-1 -sha256 -cert "$W/auth1.pem"
check "a card is put on hold" "$JPKI" revoke "$D" 1002 --hold
check "which counts at once" says "revoked" ask auth-2 -cert "$W/auth2.pem"
check "with its reason" says "certificateHold" ask auth-2 -cert "$W/auth2.pem"
check "the hold is lifted" "$JPKI" unhold "$D" 1002
check "and the card is good again" says "good" ask auth-2 -cert "$W/auth2.pem"
check "the signature certificate alone is revoked" "$JPKI" revoke "$D" 1002 --only sign
check "the authentication certificate stays good" says "good" ask auth-2 -cert "$W/auth2.pem"
check "the signature certificate is not" says "revoked" ask sign-2 -cert "$W/sign2.pem"
check "what is revoked is not put on hold" refused "$JPKI" revoke "$D" 1002 --hold
check "nor lifted" refused "$JPKI" unhold "$D" 1002
check "a serial that was never issued is not revoked" refused "$JPKI" revoke "$D" 9999

crl() { curl -fsS "http://127.0.0.1:$PORT/crl/$1.crl" | openssl crl -inform DER -noout "$2"; }
"$JPKI" revoke "$D" 1001 --hold
check "the CRL verifies under its key" sh -c "curl -fsS http://127.0.0.1:$PORT/crl/auth-1.crl | openssl crl -inform DER -noout -CAfile '$D/auth-1.crt' 2>&1 | grep -q 'verify OK'"
check "and lists the hold" says "Certificate Hold" crl auth-1 -text
check "the other generation's does not" says "No Revoked Certificates" crl auth-2 -text
check "CRLs can be written to files" "$JPKI" crl "$D"
check "which are the same" says "Serial Number: 03E9" openssl crl -inform DER -in "$D/crl/auth-1.crl" -noout -text
check "a CRL that does not exist is not found" refused curl -fsS "http://127.0.0.1:$PORT/crl/auth-3.crl"
"$JPKI" unhold "$D" 1001

check "a request that is none is refused" says "malformedrequest" sh -c "printf junk | curl -fsS --data-binary @- -o '$W/r' http://127.0.0.1:$PORT/ && openssl ocsp -respin '$W/r' -noverify"
check "a request of 64 KiB is looked at" test "$(head -c 65536 /dev/zero | curl -s -o /dev/null -w '%{http_code}' --data-binary @- "http://127.0.0.1:$PORT/")" = 200
check "one byte more is not" test "$(head -c 65537 /dev/zero | curl -s -o /dev/null -w '%{http_code}' --data-binary @- "http://127.0.0.1:$PORT/")" = 413

fault() { "$JPKI" fault "$D" "$1"; }
fault stale
check "a stale answer is seen as such" says "Status times invalid" ask auth-1 -cert "$W/auth1.pem"
fault no-nonce
check "a missing nonce is seen" says "no nonce in response" ask auth-1 -cert "$W/auth1.pem"
fault wrong-nonce
check "another's nonce is seen" says "Nonce Verify error" ask auth-1 -cert "$W/auth1.pem"
fault wrong-key
check "the other hierarchy's responder is no responder" refused says "Response verify OK" ask auth-1 -cert "$W/auth1.pem"
fault try-later
check "an overloaded responder says so" says "trylater" ask auth-1 -cert "$W/auth1.pem"
fault garbage
check "garbage is no answer" refused says "good" ask auth-1 -cert "$W/auth1.pem"
fault silent
check "a silent responder does not answer in 2 seconds" refused timeout 2 curl -s --data-binary junk "http://127.0.0.1:$PORT/"
fault none
check "while it is silent to one, others are served after" says "good" ask auth-1 -cert "$W/auth1.pem"
fault "slow 600"
T0=$(date +%s%N)
check "a slow responder answers" says "good" ask auth-1 -cert "$W/auth1.pem"
check "late" test $((($(date +%s%N) - T0) / 1000000)) -ge 600
check "a fault that does not exist is refused" refused fault nonsense
check "it listens on the loopback address alone" sh -c "ss -ltnH | grep ':$PORT ' | grep -qv '0.0.0.0:$PORT' && ss -ltnH | grep -q '127.0.0.1:$PORT '"
done_testing
