#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real agent against the stream's end: first load, changes, kills, and after
# each the replica must equal the register row for row.
# stream_test.sh SYNC-HOST KOFU-AGENT WORLD-NETCA WORLD-REGISTER SOURCE-ROOT
HOST=$1
AGENT=$2
NETCA=$3
REGISTER=$4
ROOT=$5
. "$ROOT/tests/stream/lib.sh"

# --- the first load ---
serve
conf 991015 kofu
check "a configuration is checked with -n" "$AGENT" -n "$W/agent-991015.conf"
sed 's/^muni = .*/muni = 991016/' "$W/agent-991015.conf" >"$W/bad.conf"
check "a municipality without its check digit ends with 78" sh -c "'$AGENT' -n '$W/bad.conf'; [ \$? = 78 ]"
check "a medium is made" "$AGENT" medium create "$W/agent-991015.conf" "$W/medium"
check "a folder with a medium in it is refused" refused "$AGENT" medium create "$W/agent-991015.conf" "$W/medium"
mkdir "$W/again"
cp "$W/medium/part-00001.cms" "$W/again/part-00002.cms"
touch "$W/again/part-00001.cms" "$W/again/list.jws.123.new" "$W/again/part-00001.cms.txt"
check "a folder with anything else in it is refused" refused "$AGENT" medium create "$W/agent-991015.conf" "$W/again"
check "and keeps what was there" test "$(ls "$W/again" | wc -l)" = 4
rm "$W/again/part-00001.cms.txt"
check "what an attempt left that broke off is cleared" "$AGENT" medium create "$W/agent-991015.conf" "$W/again"
check "and is not on the medium" refused test -e "$W/again/part-00002.cms"
mkdir "$W/taken"
slot() { reg -c "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'kofu%'"; }
s=$(slot)
check "a folder that somebody fills is refused" refused flock "$W/taken" "$AGENT" medium create "$W/agent-991015.conf" "$W/taken"
check "and the slot of the medium before stays" test "$s" = "$(slot)"
rm -r "$W/medium"
mv "$W/again" "$W/medium"
reg -c "SELECT jumin.henko('10000017', '{\"biko\": \"after the medium was cut\"}')" >/dev/null
check "nobody's name is readable on it" refused grep -rqa -e 見本 -e 10000017 "$W/medium"
import() { "$HOST" import 991015 "$CONN dbname=replica" $DEK "$W/n/sync-991015.pub" "$W/n/server-asp-1.crt" "$W/n/server-asp-1.key" "$1"; }
cp -r "$W/medium" "$W/broken"
printf x | dd of="$W/broken/part-00001.cms" bs=1 seek=500 conv=notrunc 2>/dev/null
check "an altered medium is refused" refused import "$W/broken"
rm "$W/broken/part-00001.cms"
check "a medium with a part missing is refused" refused import "$W/broken"
check "nothing of them was loaded" is 0 "SELECT count(*) FROM person"
shape() { rep -c "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1" \
	-c "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"; }
shape >"$W/shape.before"
check "the medium is imported" import "$W/medium"
shape >"$W/shape.after"
check "what was built after the rows is what was there before them" sh -c "[ \$(wc -l <'$W/shape.before') -gt 40 ] && cmp '$W/shape.before' '$W/shape.after'"
check "the same medium again is refused" refused import "$W/medium"
check "the center will hear of every card of who is there" is "$(reg -c "SELECT count(*) FROM jumin.shomeisho")" \
	"SELECT count(*) FROM directory_outbox WHERE claim"

# --- the stream ---
agent
check "what changed since the medium was cut arrives" caught_up
check "the lease is fresh" until_ok 5 lease_fresh
check "a medium is not made while the agent reads" refused "$AGENT" medium create "$W/agent-991015.conf" "$W/medium2"
reg -c "SELECT jumin.tenkyo('20000015', '架空県架空市例示町８番地', NULL, '令和８年１月１日')" >/dev/null
check "a household moves" caught_up
reg -c "SELECT jumin.inkan_haishi('10000025', '申請')" -c "SELECT jumin.shojo('10000050', '死亡', '令和８年１月１日')" >/dev/null
check "a seal is abolished and a person removed" caught_up
check "the removed person's card is released" is 1 "SELECT count(*) FROM directory_outbox WHERE NOT claim"
n=$(rep -c "SELECT count(*) FROM block")
reg -c "SELECT jumin.yokushi_settei('1', '10000017', true, true, true, '見てはならない理由')" >/dev/null
check "a block arrives" until_ok 10 is $((n + 1)) "SELECT count(*) FROM block"
check "and is active for both kinds" is true,6 "SELECT active || ',' || kinds FROM block ORDER BY at_ms DESC, rireki_no DESC LIMIT 1"

# A plain INSERT by an outside script, without our functions.
reg -c "INSERT INTO jumin.juminhyo SELECT (jsonb_populate_record(j, jsonb_build_object('rireki_no', j.rireki_no + 1,
	'shimei', '見本　改'))).* FROM jumin.juminhyo j WHERE atena_no = '10000033' ORDER BY rireki_no DESC LIMIT 1"
check "a plain insert of the next number arrives" caught_up
reg -c "BEGIN" -c "SELECT jumin.henko('10000033', '{\"biko\": \"never\"}')" -c "ROLLBACK" >/dev/null
check "what was rolled back does not" caught_up

# --- faults ---
changes() { # N changes of random residents, one transaction each
	for i in $(seq "$1"); do
		echo "SELECT jumin.henko(atena_no, '{\"biko\": \"change $i $2\"}') FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo ORDER BY 1 OFFSET $((i * 37 % 290)) LIMIT 1) x;"
	done | reg >/dev/null
}
changes 200 a
check "two hundred changes in a row arrive, and nobody is parked" caught_up
kills=0
for round in 1 2 3 4 5 6; do
	changes 60 "k$round" &
	c=$!
	sleep 0.$((round * 13 % 10))
	stop_agent -KILL
	kills=$((kills + 1))
	agent
	wait $c
done
check "after $kills kill -9 of the agent in the middle nothing is lost or doubled" caught_up
for round in 1 2 3 4; do
	changes 60 "s$round" &
	c=$!
	sleep 0.$((round * 17 % 10))
	kill -KILL "$SERVE_PID"
	wait "$SERVE_PID" 2>/dev/null || :
	serve
	wait $c
done
check "nor after 4 kill -9 of the server" caught_up
changes 60 cut &
c=$!
psql_ "$CONN dbname=postgres" -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('register', 'replica') AND pid <> pg_backend_pid() AND application_name <> 'psql'" >/dev/null
wait $c
check "nor after every database connection was cut" caught_up
check "the lease comes back" until_ok 10 lease_fresh
kill -STOP "$AGENT_PID"
check "an agent that hangs lets the lease run out" until_ok 10 lease_stale
kill -CONT "$AGENT_PID"
check "and takes it up again" until_ok 10 lease_fresh

# --- a second agent ---
"$AGENT" "$W/agent-991015.conf" 2>>"$W/agent2.log" &
SECOND=$!
child $SECOND
changes 40 two
check "a second agent started by mistake does no harm" caught_up
kill -TERM $SECOND
wait $SECOND || :
conf 992038 other
"$AGENT" "$W/agent-992038.conf" 2>>"$W/agent3.log" &
THIRD=$!
child $THIRD
check "another municipality's certificate is refused" until_ok 10 grep -q "stream.refused\|stream.again" "$W/agent3.log"
kill -TERM $THIRD
wait $THIRD || :

# --- a register that does what it must not ---
reg -c "UPDATE jumin.juminhyo SET biko = 'overwritten' WHERE atena_no = '10000157' AND rireki_no = (SELECT max(rireki_no) FROM jumin.juminhyo WHERE atena_no = '10000157')"
check "a row that is overwritten parks its person" until_ok 10 is history-back "SELECT code FROM parked"
reg -c "SELECT jumin.henko('10000173', '{\"shimei\": \"改\\u0007行\"}')" >/dev/null
check "a row that cannot be read parks its person" until_ok 10 is 2 "SELECT count(*) FROM person WHERE parked"
check "the municipality goes on" is "" "SELECT stopped FROM tenant"
reg -c "DELETE FROM jumin.juminhyo WHERE atena_no = '10000181'"
check "a row that is erased stops the municipality" until_ok 10 is unreadable "SELECT stopped FROM tenant"

# --- what the stream cannot carry, and the way back: a new first load ---
reg -c "SELECT count(jumin.henko('10000017', '{\"biko\": \"much\"}')) FROM generate_series(1, 9001)" >/dev/null
check "a transaction too large for the stream stops the lease" until_ok 20 lease_stale
check "and says so" until_ok 10 grep -q "larger than the stream carries" "$W/agent.log"
sleep 2
check "nor does a new session bring it back" lease_stale
stop_agent
# The municipality mends its register.
reg -c "SELECT jumin.henko('10000173', '{\"shimei\": \"髙﨑　凛\"}')" \
	-c "DELETE FROM jumin.inkan WHERE atena_no = '10000181'" -c "DELETE FROM jumin.shomeisho WHERE atena_no = '10000181'" >/dev/null
until_ok 10 [ "$(reg -c "SELECT count(*) FROM pg_replication_slots WHERE active")" = 0 ]
check "but after it was stopped" "$AGENT" medium create "$W/agent-991015.conf" "$W/medium2"
check "it is imported" import "$W/medium2"
agent
check "and the replica equals the register again" until_ok 20 same
check "with nobody parked" is 0 "SELECT count(*) FROM person WHERE parked"
check "and a fresh lease" until_ok 10 lease_fresh
changes 20 again
check "the stream goes on" until_ok 20 same

# A first load that was made and not taken: its slot begins later than the replica stands.
stop_agent
until_ok 10 [ "$(reg -c "SELECT count(*) FROM pg_replication_slots WHERE active")" = 0 ]
reg -c "SELECT jumin.henko('10000017', '{\"biko\": \"before another slot\"}')" >/dev/null
check "another first load is made" "$AGENT" medium create "$W/agent-991015.conf" "$W/medium3"
check "and has the only slot" test "$(slot | wc -l)" = 1
agent
check "a slot that begins later is not taken for ours" until_ok 10 grep -q "slot of this first load is gone" "$W/agent.log"
sleep 6 # longer than the lease of before lasts
check "and nobody gets a lease by it" lease_stale
stop_agent
sleep 1 # epochs count in seconds
check "that first load mends it" import "$W/medium3"
agent
check "and the stream goes on from it" until_ok 20 same
check "with a fresh lease again" until_ok 10 lease_fresh
reg -c "TRUNCATE jumin.inkan"
check "a table that is emptied stops the lease" until_ok 20 lease_stale
check "and says so" until_ok 10 grep -q "was emptied" "$W/agent.log"
stop_agent

# --- what must not stand anywhere ---
check "no reason of a block reached the server" sh -c "! pg_dump '$CONN dbname=replica' | grep -q -e 理由 -e 支援"
check "no name stands in the replica in the clear" sh -c "! pg_dump '$CONN dbname=replica' | grep -q -e 見本 -e 例示"
check "no personal data stands in the logs" refused grep -qE '見本|例示|1000001|架空' "$W/agent.log" "$W/host.log" "$W/agent2.log"
check "the agent ends with 0 when it is told to" test "$AGENT_STATUS" = 0
kill -TERM "$SERVE_PID"
check "so does the stream's end" wait "$SERVE_PID"
check "no tool found fault with memory" refused grep -qE 'Sanitizer|runtime error' "$W/agent.log" "$W/host.log"
done_testing
