#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A register that drops CSV files: first load and stream, until the replica equals the register row for row, as it
# does by logical replication (stream_test.sh); and what is wrong with a file is told and stops the stream.
# csv_test.sh SYNC-HOST KOFU-AGENT WORLD-NETCA WORLD-REGISTER SOURCE-ROOT
HOST=$1
AGENT=$2
NETCA=$3
REGISTER=$4
ROOT=$5
. "$ROOT/tests/stream/lib.sh"

# --- the register's export, as a vendor would write it ---
D=$W/drop
STAGE=$W/stage
mkdir "$D" "$STAGE"
cat >"$W/mapping.json" <<'JSON'
{"v":1,"encoding":"UTF-8","silence_s":3600,"keep":true,"tables":{"juminhyo":{"codes":{"ido_jiyu":{"転居":"転居"}}}}}
JSON
csv_conf() {
	conf 991015 kofu
	sed -e "s|^database = .*|folder = $D|" -e "s|^slot = .*|mapping = $W/mapping.json|" "$W/agent-991015.conf" >"$W/x" &&
		mv "$W/x" "$W/agent-991015.conf"
}
# The dictionary's columns, in the header's order.
JUMINHYO="atena_no,rireki_no,jumin_jotai,jumin_shubetsu,narabi,setai_no,shimei,shimei_furigana,shimei_alphabet,kyu_uji,
	kyu_uji_furigana,tsusho,tsusho_furigana,seinengappi,seibetsu,setainushi_shimei,zokugara,honseki,hittosha,
	jumin_to_natta_ymd,gaikokujin_jumin_ymd,jusho,katagaki,jusho_wo_sadameta_ymd,todokede_ymd,tennyu_mae_jusho,kojin_no,
	juminhyo_code,kokuseki_chiiki,ho30_45_kubun,zairyu_shikaku,zairyu_kikan,zairyu_manryo_ymd,zairyu_card_no,biko,
	ido_jiyu,ido_ymd,shojo_jiyu,shojo_ymd"
INKAN="atena_no,rireki_no,toroku_jotai,toroku_no,toroku_ymd,haba_px,takasa_px,encode(inei,'hex')"
SHOMEI="atena_no,rireki_no,yuko::int,encode(issuer_key_hash,'hex'),encode(serial,'hex')"
YOKUSHI="taisho_kubun,taisho_no,rireki_no,yuko::int,juminhyo::int,inkan::int"
SEQ=0
STAMP=$(TZ=Asia/Tokyo date +%Y%m%d%H%M%S)
end_of() { # FILE without .csv
	printf '{"v":1,"rows":%s,"sha256":"%s"}' $(($(wc -l <"$1.csv") - 1)) "$(sha256sum "$1.csv" | cut -d' ' -f1)" >"$1.end.part"
	mv "$1.end.part" "$1.end"
}
stage() { # KIND ZEN|SA TABLE COLUMNS FROM-WHERE: the next file, $STAGE/$F.csv and .end
	SEQ=$((SEQ + 1))
	F=991015_$1_$2_${STAMP}_$(printf %08d $SEQ)
	"$AGENT" header "$3" | tr -d '\r' >"$STAGE/$F.csv"
	reg -c "COPY (SELECT $(echo "$4" | tr -d '\n\t') FROM $5) TO STDOUT (FORMAT csv)" >>"$STAGE/$F.csv"
	end_of "$STAGE/$F"
}
put() { # what is staged, the .end last
	for x in "$STAGE"/*.csv "$STAGE"/*.end; do mv "$x" "$D/"; done
}
drop() {
	stage "$@"
	put
}
newest() { echo "(SELECT DISTINCT ON ($2) * FROM jumin.$1 ORDER BY $2, rireki_no DESC) x"; }
changed() { # what came after a time; staged only
	stage JUMIN SA juminhyo "$JUMINHYO" "(SELECT * FROM jumin.juminhyo WHERE shori_at > '$1' ORDER BY atena_no, rireki_no) x"
}
now() { reg -c "SELECT clock_timestamp()"; }

serve
# --- the same register, read by replication, into a replica of its own ---
REP2="$CONN dbname=replica2"
psql_ "$CONN dbname=postgres" -c "CREATE DATABASE replica2"
for m in "$ROOT"/db/asp/migrations/*.sql; do psql_ "$REP2" -1 -f "$m"; done
psql_ "$REP2" -c "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), 'hex'))"
"$HOST" serve 991015 "$REP2 options='-c role=kofu_sync'" $DEK "$W/n/sync-991015.pub" "$W/n/server-asp-1.crt" \
	"$W/n/server-asp-1.key" "$W/n/ca.crt" "$W/port2" 0 2>>"$W/host2.log" &
child $!
until_ok 10 test -s "$W/port2"
conf 991015 kofu
sed "s|^server = .*|server = https://127.0.0.1:$(cat "$W/port2")|" "$W/agent-991015.conf" >"$W/agent-pg.conf"
"$AGENT" medium create "$W/agent-pg.conf" "$W/medium-pg" >/dev/null
"$HOST" import 991015 "$REP2" $DEK "$W/n/sync-991015.pub" "$W/n/server-asp-1.crt" "$W/n/server-asp-1.key" "$W/medium-pg" >/dev/null
"$AGENT" "$W/agent-pg.conf" 2>>"$W/agent-pg.log" &
child $!
rows_of() { # DATABASE: everything in a replica
	reg -c "SELECT DISTINCT atena_no FROM jumin.juminhyo UNION SELECT DISTINCT setai_no FROM jumin.juminhyo" |
		"$HOST" dump-all 991015 "$CONN dbname=$1" $DEK | LC_ALL=C sort
}
both_same() {
	rows_of replica >"$W/by-files" && rows_of replica2 >"$W/by-replication" &&
		test -s "$W/by-files" && cmp "$W/by-files" "$W/by-replication"
}

csv_conf
# --- check ---
check "a configuration with a folder is checked with -n" "$AGENT" -n "$W/agent-991015.conf"
sed 's/^mapping = .*//' "$W/agent-991015.conf" >"$W/bad.conf"
check "a folder without a mapping ends with 78" sh -c "'$AGENT' -n '$W/bad.conf' 2>/dev/null; [ \$? = 78 ]"
check "a folder without a full file gives no medium" refused "$AGENT" medium create "$W/agent-991015.conf" "$W/medium"
drop INKAN ZEN inkan "$INKAN" "$(newest inkan atena_no)"
sed -i 's|"ido_jiyu":{"転居":"転居"}|"ido_jiyu":{"転居":"転居","転入":"転入"}|' "$W/mapping.json"
drop JUMIN ZEN juminhyo "$JUMINHYO" "$(newest juminhyo atena_no)"
"$AGENT" check "$W/agent-991015.conf" "$D/$F.csv" >"$W/check.out" 2>&1 || true
check "codes that the mapping does not have are told by line and column" grep -q '^991015_JUMIN_ZEN_.*csv:[0-9]*: 「異動事由」 .*\[code\]$' "$W/check.out"
check "and a medium is not made from them" refused "$AGENT" medium create "$W/agent-991015.conf" "$W/medium"
check "nothing of a resident is in what check says" refused grep -q -e 見本 -e 100000 "$W/check.out"
echo '{"v":1,"silence_s":3600,"keep":true}' >"$W/mapping.json"
check "the same file is good without a table of codes" "$AGENT" check "$W/agent-991015.conf" "$D/$F.csv"
printf 'x' >>"$D/$F.csv"
check "a file that is not what its .end says gives no medium" refused "$AGENT" medium create "$W/agent-991015.conf" "$W/medium"
SEQ=$((SEQ - 1))
rm -rf "$W/medium"
drop JUMIN ZEN juminhyo "$JUMINHYO" "$(newest juminhyo atena_no)"
drop SHOMEI ZEN shomeisho "$SHOMEI" "(SELECT * FROM jumin.shomeisho ORDER BY atena_no, rireki_no) x"
drop YOKUSHI ZEN yokushi "$YOKUSHI" "$(newest yokushi taisho_kubun,taisho_no)"
rm -rf "$W/medium"

# --- first load ---
check "a medium is made" "$AGENT" medium create "$W/agent-991015.conf" "$W/medium"
check "nobody's name is readable on it" refused grep -rqa -e 見本 -e 10000017 "$W/medium"
check "the medium is imported" "$HOST" import 991015 "$CONN dbname=replica" $DEK "$W/n/sync-991015.pub" \
	"$W/n/server-asp-1.crt" "$W/n/server-asp-1.key" "$W/medium"
check "the replica equals the register row for row" same
check "the center will hear of every card of who is there" is "$(reg -c "SELECT count(*) FROM jumin.shomeisho")" \
	"SELECT count(*) FROM directory_outbox WHERE claim"

check "and so does the one that came by replication: not a row is another" until_ok 20 both_same

# --- the stream ---
agent
check "the lease is fresh while nothing changes" until_ok 5 lease_fresh
T=$(now)
reg -c "SELECT jumin.tenkyo('20000015', '架空県架空市例示町８番地', NULL, '令和８年１月１日')" \
	-c "SELECT jumin.shojo('10000050', '死亡', '令和８年１月１日')" >/dev/null
changed "$T"
put
drop INKAN SA inkan "$INKAN" "(SELECT * FROM jumin.inkan WHERE rireki_no > 1 AND atena_no = '10000050') x"
check "a household moves, a person is removed" caught_up
n=$(rep -c "SELECT count(*) FROM block")
reg -c "SELECT jumin.yokushi_settei('1', '10000017', true, true, true, '見てはならない理由')" >/dev/null
drop YOKUSHI SA yokushi "$YOKUSHI" "(SELECT * FROM jumin.yokushi WHERE taisho_no = '10000017' ORDER BY rireki_no DESC LIMIT 1) x"
check "a block arrives" until_ok 10 is $((n + 1)) "SELECT count(*) FROM block"

# --- killed in the middle, a large file, a gap, a file that is being written ---
T=$(now)
for k in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	echo "SELECT jumin.henko(atena_no, '{\"biko\": \"change $k\"}') FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo ORDER BY 1) x;"
done | reg >/dev/null
changed "$T"
check "the file is larger than one transaction" test "$(wc -l <"$STAGE/$F.csv")" -gt 5000
put
stop_agent -KILL
agent
check "an agent killed over a large file goes on where the replica stands" caught_up
files_left() { [ "$(find "$D" -maxdepth 1 -name '*.csv' | wc -l)" = "$1" ]; }
check "what the server has is put away by its day, all but the newest" until_ok 10 files_left 1
check "with its .end" test "$(find "$D/done/$(date -u -d '+9 hours' +%Y)"* -name '*.csv' | wc -l)" -gt 5 -a \
	"$(find "$D/done" -name '*.end' | wc -l)" -gt 5
# The first piece of a large file waits for a lock; meanwhile the file is altered.
T=$(now)
for k in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	echo "SELECT jumin.henko(atena_no, '{\"biko\": \"again $k\"}') FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo ORDER BY 1) x;"
done | reg >/dev/null
changed "$T"
rep -c "BEGIN" -c "SELECT FROM stream FOR UPDATE" -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
HOLDER=$!
until_ok 10 is 1 "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()"
put
piece_waits() { [ "$(rep -c "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")" -gt 0 ]; }
check "the first piece of a large file waits" until_ok 20 piece_waits
sed -i 's/again/other/' "$D/$F.csv"
rep -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND pid <> pg_backend_pid()" >/dev/null
wait $HOLDER || :
check "a file altered while it is applied is applied whole, as it was" caught_up
T=$(now)
reg -c "SELECT jumin.henko('10000033', '{\"biko\": \"eins\"}')" >/dev/null
changed "$T"
mv "$STAGE/$F.csv" "$D/"
check "a file without its .end stops the lease" until_ok 8 lease_stale
check "and nothing of it is applied" refused same
mv "$STAGE/$F.end" "$D/"
check "with it, it is applied" caught_up
T=$(now)
reg -c "SELECT jumin.henko('10000033', '{\"biko\": \"zwei\"}')" >/dev/null
changed "$T"
mv "$STAGE/$F".* "$W/"
HELD=$F
T=$(now)
reg -c "SELECT jumin.henko('10000033', '{\"biko\": \"drei\"}')" >/dev/null
changed "$T"
put
check "a number that is missing stops the lease" until_ok 8 lease_stale
check "the agent says which" until_ok 5 grep -q 'csv.gap.*missing' "$W/agent.log"
mv "$W/$HELD.csv" "$W/$HELD.end" "$D/"
check "when it comes, all is applied in order" caught_up

# --- a file that breaks a rule ---
T=$(now)
reg -c "SELECT jumin.henko('10000033', '{\"biko\": \"gut\"}')" -c "SELECT jumin.henko('10000041', '{\"biko\": \"gut\"}')" >/dev/null
changed "$T"
cp "$STAGE/$F.csv" "$W/good.csv"
sed -i '3s/^[^,]*,[^,]*/10000041,nein/' "$STAGE/$F.csv"
end_of "$STAGE/$F"
put
check "a bad row refuses the whole file" until_ok 10 grep -q 'csv.refused.*line=3' "$W/agent.log"
check "not even its good row is applied" refused same
rm "$D/$F.end"
cp "$W/good.csv" "$D/$F.csv"
end_of "$D/$F"
check "the mended file of the same number is taken" until_ok 45 caught_up

# --- a character of CP932 that would come back as another ---
echo '{"v":1,"silence_s":3600,"encoding":"CP932"}' >"$W/mapping932.json"
sed "s|^mapping = .*|mapping = $W/mapping932.json|" "$W/agent-991015.conf" >"$W/agent932.conf"
F932=991015_JUMIN_SA_20261121093000_00000099
{ "$AGENT" header juminhyo; sed -n 2p "$W/good.csv"; } | sed 's/gut/mibunka/' | iconv -f UTF-8 -t CP932 | LC_ALL=C sed 's/mibunka/\x87\x9a/' >"$W/$F932.csv"
"$AGENT" check "$W/agent932.conf" "$W/$F932.csv" >"$W/check932" 2>&1 || true
check "a character that CP932 writes in two ways is told by line, column and rule" grep -q '^991015_JUMIN.*csv:2: 「備考」 .*\[twin\]$' "$W/check932"
LC_ALL=C sed 's/\x87\x9a/\x81\xe6/' "$W/$F932.csv" >"$W/x.csv" && mv "$W/x.csv" "$W/$F932.csv"
check "the same character in the other way is good" "$AGENT" check "$W/agent932.conf" "$W/$F932.csv"

# --- files that the server has are erased, all but the newest ---
stop_agent
echo '{"v":1,"silence_s":3600}' >"$W/mapping.json"
agent
T=$(now)
reg -c "SELECT jumin.henko('10000033', '{\"biko\": \"ende\"}')" >/dev/null
changed "$T"
put
check "the last change arrives" caught_up
check "by files and by replication the two replicas are the same, row for row" until_ok 20 both_same
for kind in R S C B; do
	check "with rows of kind $kind" grep -q "^$kind|" "$W/by-files"
done
check "files that the server has are erased, but for the newest" until_ok 10 files_left 1
check "no log names a resident" refused grep -q -e 見本 -e 10000017 -e 架空市 "$W/agent.log" "$W/host.log"
stop_agent
check "the agent ends with 0" [ "$AGENT_STATUS" = 0 ]
