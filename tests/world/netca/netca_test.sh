#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# netca_test.sh WORLD-NETCA
NETCA=$1
. "$(dirname "$0")/../tap.sh"

has() { openssl x509 -in "$1" -noout -text | grep -q "$2"; }
check "a CA is made" "$NETCA" init "$W/n"
check "a second CA in the same folder is refused" refused "$NETCA" init "$W/n"
check "a leaf is issued" "$NETCA" issue "$W/n" server asp-1
check "it verifies as a server" openssl verify -CAfile "$W/n/ca.crt" -purpose sslserver "$W/n/server-asp-1.crt"
check "and as a client" openssl verify -CAfile "$W/n/ca.crt" -purpose sslclient "$W/n/server-asp-1.crt"
check "its identity is a URI" has "$W/n/server-asp-1.crt" "URI:urn:kofu:server:asp-1, DNS:localhost, IP Address:127.0.0.1"
check "its key is P-256" has "$W/n/server-asp-1.crt" "prime256v1"
check "its private key is for its owner only" test "$(stat -c %a "$W/n/server-asp-1.key")" = 600
check "the key belongs to the certificate" test "$(openssl pkey -in "$W/n/server-asp-1.key" -pubout)" = "$(openssl x509 -in "$W/n/server-asp-1.crt" -pubkey -noout)"
check "another leaf is issued" "$NETCA" issue "$W/n" server asp-2
check "serial numbers differ" refused test "$(openssl x509 -in "$W/n/server-asp-1.crt" -serial -noout)" = "$(openssl x509 -in "$W/n/server-asp-2.crt" -serial -noout)"
check "a role that does not exist is refused" refused "$NETCA" issue "$W/n" boss x
check "a name that leaves the folder is refused" refused "$NETCA" issue "$W/n" server ../x
check "a name with a colon is refused" refused "$NETCA" issue "$W/n" server a:b
check "a name of 64 characters is taken" "$NETCA" issue "$W/n" agent "$(printf '%064d' 1)"
check "a name of 65 characters is refused" refused "$NETCA" issue "$W/n" agent "$(printf '%065d' 1)"
check "an expired leaf can be made" "$NETCA" issue "$W/n" kiosk old --expired
check "and does not verify" refused openssl verify -CAfile "$W/n/ca.crt" "$W/n/kiosk-old.crt"
check "a leaf of one day can be made" "$NETCA" issue "$W/n" kiosk day --days 1
check "and verifies" openssl verify -CAfile "$W/n/ca.crt" "$W/n/kiosk-day.crt"
check "a bare key pair is made" "$NETCA" key "$W/k" seal-991015
check "its public half is the private one's" test "$(openssl pkey -in "$W/k/seal-991015.key" -pubout)" = "$(cat "$W/k/seal-991015.pub")"
done_testing
