#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Differences of every kind, seeded on either side, are found and healed while the stream runs.
# reconcile_test.sh SYNC-HOST KOFU-AGENT WORLD-NETCA WORLD-REGISTER SOURCE-ROOT
HOST=$1
AGENT=$2
NETCA=$3
REGISTER=$4
ROOT=$5
. "$ROOT/tests/stream/lib.sh"
serve
conf 991015 kofu
"$AGENT" medium create "$W/agent-991015.conf" "$W/medium" >/dev/null
"$HOST" import 991015 "$CONN dbname=replica" $DEK "$W/n/sync-991015.pub" "$W/n/server-asp-1.crt" "$W/n/server-asp-1.key" "$W/medium" >/dev/null
printf '[reconcile]\nevery_s = 0\nwait_s = 60\n' >>"$W/agent-991015.conf"
agent
until_ok 20 same || echo "# the first load did not arrive"
until_ok 5 lease_fresh || :

reconcile() {
	STATUS=0
	"$AGENT" reconcile "$W/agent-991015.conf" >"$W/said" 2>>"$W/reconcile.log" || STATUS=$?
	cat "$W/said" >>"$W/reconcile.out"
}
differed() { sed -n 's/.*differed \([0-9]*\), mended \([0-9]*\), left \([0-9]*\).*/\1 \2 \3/p' "$W/said"; }
healed() { # N: reconciled now, N differed, all were mended, and everything is the same again
	reconcile
	[ "$STATUS" = 0 ] && [ "$(differed)" = "$1 $1 0" ] && same && nobody_held
}
nobody_held() {
	is 0 "SELECT (SELECT count(*) FROM person WHERE parked) + (SELECT count(*) FROM parked) + (SELECT count(*) FROM (
		SELECT DISTINCT ON (subject) active FROM block WHERE source = 3 ORDER BY subject, rireki_no DESC) b WHERE active)"
}
# A register that says nothing of what it does: inserts, or updates and deletes, do not reach the stream.
quietly() {
	reg -c "ALTER PUBLICATION kofu SET (publish = 'truncate')" -c "$1" \
		-c "ALTER PUBLICATION kofu SET (publish = 'insert, update, delete, truncate')" >/dev/null
}
newest() { echo "WHERE atena_no = '$1' AND rireki_no = (SELECT max(rireki_no) FROM jumin.juminhyo WHERE atena_no = '$1')"; }

compared() { is "$1" "SELECT compared_ms > stopped_ms FROM tenant"; }
stop() { rep -c "UPDATE tenant SET stopped = NULL" -c "UPDATE tenant SET stopped = 'restored'"; }
stop
reconcile
check "where nothing differs nobody is looked at" grep -q "here 29[0-9], there 29[0-9], looked at 0, differed 0" "$W/said"
check "which lets a stop of before be lifted" compared t
stop
check "but not the next one" compared f

# --- what is wrong in the replica ---
one="(SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 1)"
rep -c "DELETE FROM person WHERE ref = $one"
check "a missing person comes back" healed 1
check "and who differed and is mended keeps no stop" compared t
rep -c "UPDATE tenant SET stopped = NULL"
rep -c "DELETE FROM resident_row r USING person p WHERE r.ref = p.ref AND r.rireki_no = p.rireki_no AND p.ref = $one"
check "a missing row comes back" healed 1
rep -c "UPDATE resident_row SET sealed = (SELECT sealed FROM resident_row r JOIN person p USING (ref, rireki_no) WHERE p.state = 1 ORDER BY ref DESC LIMIT 1)
	WHERE (ref, rireki_no) = (SELECT ref, rireki_no FROM person WHERE state = 1 ORDER BY ref LIMIT 1)"
check "a row put in another's place is replaced" healed 1
rep -c "UPDATE person SET rireki_no = rireki_no + 3 WHERE ref = $one"
check "a history number that was raised is set right" healed 1
rep -c "UPDATE person SET narabi = narabi + 1 WHERE ref = $one" -c "UPDATE person SET state = 2 WHERE ref = (SELECT ref FROM person WHERE state = 1 ORDER BY ref OFFSET 1 LIMIT 1)"
check "columns that decide are set right" healed 2
rep -c "DELETE FROM seal_row WHERE ref = (SELECT ref FROM seal_row JOIN person p USING (ref) WHERE p.state = 1 ORDER BY ref LIMIT 1)"
check "a missing seal comes back" healed 1
rep -c "DELETE FROM card WHERE ref = (SELECT ref FROM card ORDER BY ref LIMIT 1)"
check "a missing card comes back" healed 1
check "and the center's last word of every card is a claim" is "$(reg -c "SELECT count(*) FROM jumin.shomeisho"),0" "
	SELECT count(*) FILTER (WHERE claim) || ',' || count(*) FILTER (WHERE NOT claim)
	FROM (SELECT DISTINCT ON (issuer, serial) claim FROM directory_outbox ORDER BY issuer, serial, id DESC) last"
rep -c "DELETE FROM block WHERE subject IN (SELECT ref FROM person WHERE state = 1)"
reconcile
check "a missing block comes back" test "$(differed)" != "0 0 0" -a "$STATUS" = 0
check "with as many as the register has" is "$(reg -c "SELECT count(DISTINCT (taisho_kubun, taisho_no)) FROM jumin.yokushi")" "SELECT count(*) FROM block WHERE source = 1"

# --- what the register did without saying so ---
quietly "UPDATE jumin.juminhyo SET biko = 'overwritten' $(newest 10000157)"
check "a row altered in its place arrives" healed 1
quietly "SELECT jumin.henko('10000165', '{\"biko\": \"a number that was never sent\"}')"
check "a further row that was never sent arrives" healed 1
reg -c "SELECT jumin.henko('10000165', '{\"biko\": \"and then one that is\"}')" >/dev/null
check "the stream goes on from there" caught_up
reg -c "SELECT jumin.henko('10000173', '{\"biko\": \"to be undone\"}')" >/dev/null
until_ok 20 same || echo "# not the same"
quietly "DELETE FROM jumin.juminhyo $(newest 10000173)"
check "a register that was set back is followed" healed 1
reg -c "SELECT jumin.henko('10000173', '{\"biko\": \"again\"}')" >/dev/null
check "and goes on from there" caught_up
quietly "DELETE FROM jumin.juminhyo WHERE atena_no = '10000181'"
reg -c "ALTER PUBLICATION kofu SET (publish = 'truncate')" -c "DELETE FROM jumin.inkan WHERE atena_no = '10000181'" \
	-c "DELETE FROM jumin.shomeisho WHERE atena_no = '10000181'" -c "ALTER PUBLICATION kofu SET (publish = 'insert, update, delete, truncate')"
check "whom the register no longer knows goes" healed 1
quietly "SELECT jumin.shojo('10010020', '死亡', '令和８年１月１日')"
n=$(rep -c "SELECT count(*) FROM person WHERE state = 1")
check "a death that was never sent arrives" healed 1
check "and nothing is issued for them" is $((n - 1)) "SELECT count(*) FROM person WHERE state = 1"
quietly "SELECT jumin.inkan_haishi('10000025', '申請')"
check "a seal abolished without a word is abolished here" healed 1
quietly "SELECT jumin.yokushi_settei('2', '20000015', true)"
reconcile
check "a household's block that was never sent is found" test "$(differed)" = "1 1 0"
check "and blocks all of it" is "$(reg -c "SELECT count(*) FROM (SELECT DISTINCT ON (atena_no) * FROM jumin.juminhyo ORDER BY atena_no, rireki_no DESC) j
	JOIN jumin.yokushi y ON y.taisho_kubun = '2' AND y.taisho_no = j.setai_no")" "SELECT count(*) FROM person p JOIN block b ON b.subject = p.household WHERE b.source = 1 AND b.active"

# --- what the stream parked ---
reg -c "INSERT INTO jumin.juminhyo SELECT (jsonb_populate_record(j, jsonb_build_object('rireki_no', j.rireki_no + 2,
	'biko', 'a gap'))).* FROM jumin.juminhyo j $(newest 10010047)" >/dev/null
check "a gap in a history parks its person" until_ok 10 is history-gap "SELECT code FROM parked"
check "who is let go once the newest row is proved" healed 1
reg -c "SELECT jumin.henko('10010012', '{\"shimei\": \"改\\u0007行\"}')" >/dev/null
check "a row that cannot be read parks its person" until_ok 10 is unreadable "SELECT code FROM parked"
stop
reconcile
check "and stays parked while it cannot be read" test "$STATUS" = 3 -a "$(differed)" = "1 0 1"
check "which keeps no stop either, as they are blocked" compared t
rep -c "UPDATE tenant SET stopped = NULL"
check "blocked twice over" is 1 "SELECT count(*) FROM person p JOIN block b ON b.subject = p.ref WHERE p.parked AND b.source = 3 AND b.active AND b.kinds = 14"
reg -c "SELECT jumin.henko('10010012', '{\"shimei\": \"髙﨑　凛\"}')" >/dev/null
check "until the register mends it" healed 1

# --- while the stream runs at full rate ---
i=0
while [ $i -lt 400 ]; do
	i=$((i + 1))
	echo "SELECT jumin.henko(atena_no, '{\"biko\": \"change $i\"}') FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo ORDER BY 1 OFFSET $((i * 37 % 280)) LIMIT 1) x;"
done | reg >/dev/null &
changes=$!
rep -c "DELETE FROM person WHERE ref IN (SELECT ref FROM person WHERE state = 1 ORDER BY ref LIMIT 7)" \
	-c "DELETE FROM seal_row WHERE ref IN (SELECT ref FROM seal_row JOIN person p USING (ref) WHERE p.state = 1 ORDER BY ref LIMIT 5)"
reconcile
check "seven missing persons and five missing seals are found among changes" test "$(differed | cut -d ' ' -f 1)" -ge 10
wait $changes
healed_at_last() { reconcile && [ "$STATUS" = 0 ] && same && nobody_held; }
check "and when they end everything is the same" until_ok 30 healed_at_last
reconcile
check "with nothing left to do" test "$(differed)" = "0 0 0"
check "and the municipality serves" is "" "SELECT stopped FROM tenant"

# --- by the hour, in the agent ---
stop_agent
sed -i 's/^every_s = .*/every_s = 2/' "$W/agent-991015.conf"
agent
rep -c "DELETE FROM person WHERE ref = $one"
check "the agent reconciles by itself" until_ok 30 same
check "and says so in its log" until_ok 5 grep -q 'event=reconcile.done .*differed=1 mended=1 left=0' "$W/agent.log"
stop_agent
check "and ends with its reconciler" test "$AGENT_STATUS" = 0
sed -i 's/^wait_s = .*/wait_s = 1/' "$W/agent-991015.conf"
reconcile_alone() { reconcile; [ "$STATUS" = 1 ]; }
rep -c "DELETE FROM person WHERE ref = $one"
stop
check "who mends must know that the stream runs" reconcile_alone
check "and has not the last word" compared f
check "no personal data stands in any output" refused grep -qE '見本|例示|1000[0-9]{4}|2000[0-9]{4}|架空' "$W/agent.log" "$W/host.log" "$W/reconcile.log" "$W/reconcile.out"
check "no tool found fault with memory" refused grep -qE 'Sanitizer|runtime error' "$W/agent.log" "$W/host.log" "$W/reconcile.log"
kill -TERM "$SERVE_PID"
wait "$SERVE_PID" || :
done_testing
