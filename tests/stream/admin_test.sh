#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The operator's commands, with the real kofu-seal: provision, medium import, what cannot be printed, gaiji, block, resume.
# admin_test.sh KOFU-SERVER KOFU-SEAL KOFU-AGENT WORLD-NETCA WORLD-JPKI WORLD-KOIN WORLD-REGISTER MAKE-GAIJI SOURCE-ROOT
SERVER=$1
SEAL=$2
AGENT=$3
NETCA=$4
JPKI=$5
KOIN=$6
REGISTER=$7
MAKE_GAIJI=$8
ROOT=$9
. "$ROOT/tests/world/tap.sh"
FONT=/usr/share/fonts/truetype/ipamj/ipamjm.ttf
command -v softhsm2-util >/dev/null || skip "no softhsm2-util"
[ -r "$FONT" ] || skip "no IPAmj font"
PG=/tmp/kofu-pg-admin-$$ # not in $W: the server has another uid
CONN=$(sh "$ROOT/tests/db/cluster.sh" start "$PG" $$)
trap 'sh "$ROOT/tests/db/cluster.sh" stop "$PG"; tap_end' EXIT
HOST="host=$PG"
psql_() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
A=991015
B=991023

# --- keys, profiles, configurations ---
mkdir -p "$W/token" "$W/pins" "$W/keys"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$W/token" >"$W/softhsm.conf"
export SOFTHSM2_CONF="$W/softhsm.conf"
softhsm2-util --init-token --free --label kofu --pin 123456 --so-pin 654321 >/dev/null
echo 123456 >"$W/pin"
"$NETCA" init "$W/n" >/dev/null
"$NETCA" issue "$W/n" server asp-1 >/dev/null
"$NETCA" key "$W/n" inquiry >/dev/null
"$JPKI" init "$W/jpki" >/dev/null
cp "$W/jpki"/auth-?.der "$W/pins"
koin=$("$KOIN" "$FONT" 架空市長之印 24)
for m in $A $B; do
	"$NETCA" issue "$W/n" agent $m >/dev/null
	"$NETCA" key "$W/n" sync-$m >/dev/null
	kind='{"fee_yen":300,"options":[],"open":"06:30","close":"23:00","closed_year_end":true,"ninsho_all":"この写しは、世帯全員の住民票の原本と相違ないことを証明する。","ninsho_part":"この写しは、住民票の原本と相違ないことを証明する。"}'
	echo '{"muni":"'$m'","prefecture":"架空県","name":"架空市","mayor_title":"長","mayor":"見本　太郎","form":"renki","window_phone":"000-0000-0000","inquiry_url":"https://inquiry.example/","koin":'"$koin"',"kinds":{"juminhyo":'"$kind"',"inkan":'"$kind"'}}' >"$W/profile-$m.json"
done
{
	echo "[seal]
socket = $W/seal.sock
keys_dir = $W/keys
[token]
label = kofu
pin_file = $W/pin
[inquiry]
key = $W/n/inquiry.pub
[render]
fonts = $ROOT/fonts/manifest.json
[jpki]
pins = $W/pins"
	for m in $A $B; do echo "[municipality $m]
profile = $W/profile-$m.json"; done
} >"$W/seal.conf"
{
	echo "[admin]
database = $HOST user=postgres dbname=postgres
[seal]
socket = $W/seal.sock
[medium]
cert = $W/n/server-asp-1.crt
key = $W/n/server-asp-1.key"
	for m in $A $B; do echo "[municipality $m]
sync_key = $W/n/sync-$m.pub"; done
} >"$W/admin.conf"
{
	echo "[server]
id = S1
cert = $W/n/server-asp-1.crt
key = $W/n/server-asp-1.key
ca = $W/n/ca.crt
[seal]
socket = $W/seal.sock
[render]
fonts = $ROOT/fonts/manifest.json
[jpki]
pins = $W/pins
[center]
id = C1"
	for m in $A $B; do echo "[municipality $m]
front = $HOST dbname=kofu_$m user=kofu_${m}_front
sync = $HOST dbname=kofu_$m user=kofu_${m}_sync
profile = $W/profile-$m.json
sync_key = $W/n/sync-$m.pub"; done
} >"$W/server.conf"
for m in $A $B; do
	psql_ "$CONN" -c "CREATE DATABASE register_$m"
	psql_ "$HOST user=postgres dbname=register_$m" -f "$ROOT/db/register/schema.sql" -f "$ROOT/db/register/functions.sql"
	"$REGISTER" generate --muni $m --count 200 --seals 20 | psql_ "$HOST user=postgres dbname=register_$m" >/dev/null
	echo "[agent]
muni = $m
server = https://127.0.0.1:1
cert = $W/n/agent-$m.crt
key = $W/n/agent-$m.key
ca = $W/n/ca.crt
sync_key = $W/n/sync-$m.key
[register]
database = $HOST user=kofu_agent dbname=register_$m
slot = kofu_$m
[medium]
recipient = $W/n/server-asp-1.crt" >"$W/agent-$m.conf"
done
"$SEAL" init "$W/seal.conf" >/dev/null
"$SEAL" run "$W/seal.conf" >"$W/seal.out" 2>"$W/seal.log" &
child $!
until_ok 10 grep -q ready "$W/seal.out"

owner() { psql_ "$HOST user=postgres dbname=kofu_$A" "$@"; }
is() { [ "$(owner -c "$2")" = "$1" ]; }
provision() { "$SEAL" new-key "$W/seal.conf" "$1" | "$SERVER" provision "$W/admin.conf" "$1"; }
status() { # EXPECTED COMMAND...
	want=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" = "$want" ]
}

# --- provision ---
check "provision without a data key is refused" sh -c "! '$SERVER' provision '$W/admin.conf' $A </dev/null"
check "and makes nothing" [ "$(psql_ "$CONN" -c "SELECT count(*) FROM pg_database WHERE datname LIKE 'kofu_%'")" = 0 ]
check "a municipality that is not configured ends with 78" status 78 sh -c "printf '%0120d' 0 | '$SERVER' provision '$W/admin.conf' 992038"
check "a municipality is provisioned" provision $A
check "and another" provision $B
key=$(owner -c "SELECT encode(wrapped_key, 'hex') FROM tenant")
check "a second data key is refused" refused provision $A
check "and the first one stays" is "$key" "SELECT encode(wrapped_key, 'hex') FROM tenant"
check "migrate finds nothing to do" sh -c "'$SERVER' migrate '$W/admin.conf' $A | grep -q '0 migrations ran'"
as() { psql_ "$HOST dbname=kofu_$2 user=kofu_$1" -c "$3"; }
check "a municipality's role gets into its own database" as ${A}_front $A "SELECT count(*) FROM person"
check "and not into another's" refused as ${A}_front $B "SELECT 1"
check "nor does its applying role" refused as ${B}_sync $A "SELECT 1"
check "the front cannot write rows" refused as ${A}_front $A "DELETE FROM block"
check "the applying role cannot read what was issued" refused as ${A}_sync $A "SELECT count(*) FROM issue"

# --- what cannot be printed, seen before anybody asks for it ---
henko() { psql_ "$HOST user=postgres dbname=register_$A" -c "SELECT jumin.henko('$1', '$2')" >/dev/null; }
long=$(printf '架空県架空市%.0s' $(seq 33))
henko 10000050 '{"shimei": "𠮷見　\ue002"}'                              # no gaiji font in this municipality
henko 10000068 '{"shimei": "葛\udb40\udd00例　花"}'                        # Adobe-Japan1 has it, Moji_Joho does not
henko 10000076 "{\"tennyu_mae_jusho\": \"$long\"}"                   # longer than its cell
henko 10000084 '{"biko": "\u0e01"}'                                     # Thai

# --- first load ---
import() { "$SERVER" medium import "$W/admin.conf" "$@"; }
for m in $A $B; do "$AGENT" medium create "$W/agent-$m.conf" "$W/medium-$m" >/dev/null; done
check "another municipality's medium is refused" refused import $A "$W/medium-$B"
check "a folder that is no medium is refused" refused import $A "$W/keys"
import $A "$W/medium-$A" >"$W/import.out"
check "a medium is imported" is 200 "SELECT count(*) FROM person"
check "what must be destroyed is listed" sh -c "grep -q 'destroy now' '$W/import.out' && grep -q 'part-00001.cms sha256' '$W/import.out'"
check "the same medium again is refused" refused import $A "$W/medium-$A"
# --- register and replica as files ---
printf '%064d\n' 7 >"$W/export.key"
"$AGENT" export "$W/agent-$A.conf" "$W/export.key" >"$W/export.register"
"$SERVER" export "$W/server.conf" $A "$W/export.key" >"$W/export.replica"
check "the register's export and the replica's are the same file" cmp "$W/export.register" "$W/export.replica"
check "with a line for each registered resident" test "$(wc -l <"$W/export.replica")" = "$(owner -c "SELECT count(*) FROM person WHERE state = 1")"
check "and nothing but number and digest" refused grep -vqE '^[0-9]{8},[0-9a-f]{32}$' "$W/export.replica"
owner -c "UPDATE person SET narabi = narabi + 1 WHERE ref = (SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 1)"
"$SERVER" export "$W/server.conf" $A "$W/export.key" >"$W/export.replica"
check "who differs is one line that differs" [ "$(diff "$W/export.register" "$W/export.replica" | grep -c '^>')" = 1 ]
owner -c "UPDATE person SET narabi = narabi - 1 WHERE ref = (SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 1)"
check "a key that is none ends with 78" status 78 "$SERVER" export "$W/server.conf" $A "$W/admin.conf"
v=$(owner -c "SELECT max(version) FROM person")
owner -c "INSERT INTO block VALUES (decode(repeat('00', 16), 'hex'), 2, 1, true, 6, 0)" -c "UPDATE person SET version = 50 WHERE ref IN (SELECT ref FROM person LIMIT 1)"
sleep 1 # epochs count in seconds
"$AGENT" medium create "$W/agent-$A.conf" "$W/medium-again" >/dev/null
check "a later one replaces the replica" import $A "$W/medium-again"
check "nobody is there twice" is 200 "SELECT count(*) FROM person"
check "no version of before comes again" is 51 "SELECT min(version) FROM person"
check "blocks set at the server stay" is 1 "SELECT count(*) FROM block WHERE source = 2"
owner -c "DELETE FROM block WHERE source = 2"
check "no number, no name is printed" refused grep -qE '1000001|見本' "$W/import.out"

# --- what cannot be printed ---
printable() { "$SERVER" check-printable "$W/server.conf" "$@"; }
got=0
printable >"$W/printable" 2>"$W/printable.err" || got=$?
check "what cannot be printed gives a status of its own" [ $got = 3 ]
line() { grep -q "^$1	$2	$3	.*	$4" "$W/printable"; }
check "a gaiji that no font has is listed with its place" line $A 10000050 name "no gaiji font has it, character 4"
check "and the one of the cast" line $A 10000165 name "no gaiji font has it, character 3"
check "a variation of another collection is listed" line $A 10000068 name "no font has this variation, character 1"
check "a former address that does not fit is listed" line $A 10000076 prev_address "too long"
check "a letter that no font has is listed" line $A 10000084 biko "no font has it, character 1"
check "nobody else is" [ "$(grep -vc '^#' "$W/printable")" = "$(grep -cE '	(10000050|10000165|10000068|10000076|10000084)	' "$W/printable")" ]
check "the number of residents is told" grep -q "^# $A: $(owner -c "SELECT count(*) FROM person WHERE state = 1") residents, 5 of them" "$W/printable"
check "no text of a row is" refused grep -qE '𠮷|葛|架空|見' "$W/printable" "$W/printable.err"
owner -c "UPDATE resident_row SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE ref = (SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 1)"
check "a row that does not open is listed too" sh -c "'$SERVER' check-printable '$W/server.conf' $A | grep -q 'cannot be read'"
owner -c "UPDATE resident_row SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE ref = (SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 1)"
check "a municipality that is not configured ends with 78" status 78 printable 992038

# --- gaiji ---
mkdir "$W/fonts"
cp "$ROOT/fonts/manifest.json" "$W/fonts/"
sed "s#$ROOT/fonts#$W/fonts#" "$W/server.conf" >"$W/gaiji.conf"
"$MAKE_GAIJI" "$W"
gaiji() { "$SERVER" gaiji "$1" "$W/gaiji.conf" $A "$2" "$3" 2>"$W/gaiji.err"; }
check "gaiji are looked at" gaiji check "$W/gaiji.ttf" "$W/gaiji.csv"
check "which puts nothing in place" [ ! -e "$W/fonts/$A" ]
grep -v E010 "$W/gaiji.csv" >"$W/short.csv"
check "a list that lacks one is refused" refused gaiji import "$W/gaiji.ttf" "$W/short.csv"
check "by its code point" grep -q "a glyph that the list lacks (U+E010)" "$W/gaiji.err"
check "and nothing is in place" [ ! -e "$W/fonts/$A" ]
check "a whole one is imported" gaiji import "$W/gaiji.ttf" "$W/gaiji.csv"
check "and the name that needs it prints" sh -c "'$SERVER' check-printable '$W/gaiji.conf' $A | grep -q '	10000050	' && ! '$SERVER' check-printable '$W/gaiji.conf' $A | grep -q '	10000165	'"
echo >>"$W/fonts/$A/gaiji.ttf"
check "a font that was changed since refuses the start" refused "$SERVER" check-printable "$W/gaiji.conf" $A

# --- block ---
block() { "$SERVER" block "$W/server.conf" $A "$@"; }
by_stdin() { echo "$1" | "$SERVER" block "$W/server.conf" $A --atena-no - --kinds all; }
in_force() { is "$1" "SELECT coalesce(string_agg(active || ':' || kinds, ' ' ORDER BY rireki_no), '') FROM block WHERE source = 2"; }
check "a block is set" block --atena-no 10000017 --kinds juminhyo
check "and stands" in_force true:2
check "a further one is a further row" by_stdin 10000017
check "and stands too" in_force "true:2 true:14"
check "it is lifted by a row" block --atena-no 10000017 --kinds all --off
check "and the history stays" in_force "true:2 true:14 false:14"
check "each made the person's version grow" is 1 "SELECT count(*) FROM person WHERE version = 54"
check "a household is blocked" block --setai-no 20000015 --kinds inkan
check "which makes every member's version grow" is 3 "SELECT count(*) FROM person WHERE version = 52"
check "a number that nobody has is refused" status 1 block --atena-no 99999999 --kinds all
check "and stands nowhere" is 4 "SELECT count(*) FROM block WHERE source = 2"
check "a block of nobody is wrong usage" status 2 block --kinds all
check "a block of two is wrong usage" status 2 block --atena-no 1 --setai-no 2 --kinds all
check "a block of nothing is wrong usage" status 2 block --atena-no 10000017
check "a block of an unknown kind is wrong usage" status 2 block --atena-no 10000017 --kinds koseki
# --- resume ---
resume() { "$SERVER" resume "$W/server.conf" $A "$@" 2>"$W/resume.err"; }
owner -c "UPDATE tenant SET stopped = 'equivocation'"
check "a stop is not lifted before a reconciliation" status 1 resume
check "and the refusal says so" grep -q 'no reconciliation that began after the stop' "$W/resume.err"
owner -c "UPDATE tenant SET compared_ms = stopped_ms"
check "nor behind one that did not begin after it" status 1 resume
owner -c "UPDATE tenant SET compared_ms = stopped_ms + 1"
check "behind one that did it is lifted by hand" resume
check "and gone" is "" "SELECT stopped FROM tenant"
check "what is not stopped needs none" resume
owner -c "UPDATE tenant SET stopped = 'behind'"
check "an option that there is not is wrong usage" status 2 resume --anyway
check "where a register cannot be read again it takes a word" resume --not-reconciled
check "and it is gone" is "" "SELECT stopped FROM tenant"
check "the word stands in the city's audit" is 1 "SELECT count(*) FROM audit_open"

psql_ "$HOST user=postgres dbname=kofu_$A" -c "BEGIN" -c "SELECT count(*) FROM (SELECT ref FROM person FOR NO KEY UPDATE) x" -c "SELECT pg_sleep(2)" -c "COMMIT" >/dev/null &
lock=$!
sleep 0.7
start=$(date +%s%N)
check "a block is not acknowledged while a paper is being issued" block --atena-no 10000017 --kinds all
check "but after it" [ $((($(date +%s%N) - start) / 1000000)) -gt 800 ]
wait $lock
kill "${PIDS##* }" # kofu-seal
check "without its keys no block is acknowledged" refused block --atena-no 10000017 --kinds all
done_testing
