#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the tests of the stream share: a register, a replica, keys, the stream's end, and how the two compare.
# Sourced with HOST AGENT NETCA REGISTER ROOT set (and PEOPLE, for other people than the 300); people in the register, nobody in the replica.
. "$ROOT/tests/world/tap.sh"
PG=/tmp/kofu-pg-stream-$$ # not in $W: the server has another uid
CONN=$(sh "$ROOT/tests/db/cluster.sh" start "$PG" $$)
trap 'sh "$ROOT/tests/db/cluster.sh" stop "$PG"; tap_end' EXIT
CONN=${CONN% dbname=*}
DEK=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
psql_() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
reg() { psql_ "$CONN dbname=register" "$@"; }
rep() { psql_ "$CONN dbname=replica" "$@"; }

# --- the two databases, the keys ---
psql_ "$CONN dbname=postgres" -c "CREATE DATABASE register" -c "CREATE DATABASE replica"
reg -f "$ROOT/db/register/schema.sql" -f "$ROOT/db/register/functions.sql"
# PEOPLE: who lives there, for a bench.
# shellcheck disable=SC2086 # words
"$REGISTER" generate ${PEOPLE:---muni 991015 --count 300 --seed 7 --fake-cards 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff} |
	reg >/dev/null
for m in "$ROOT"/db/asp/migrations/*.sql; do rep -1 -f "$m"; done
rep -c "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), 'hex'))"
"$NETCA" init "$W/n" >/dev/null
"$NETCA" issue "$W/n" server asp-1 >/dev/null
"$NETCA" issue "$W/n" agent 991015 >/dev/null
"$NETCA" issue "$W/n" agent 992038 >/dev/null
"$NETCA" key "$W/n" sync-991015 >/dev/null

REP="$CONN dbname=replica options='-c role=kofu_sync'"
PORT=0
serve() {
	rm -f "$W/port"
	"$HOST" serve 991015 "$REP" $DEK "$W/n/sync-991015.pub" "$W/n/server-asp-1.crt" \
		"$W/n/server-asp-1.key" "$W/n/ca.crt" "$W/port" $PORT 2>>"$W/host.log" &
	SERVE_PID=$!
	child $SERVE_PID
	until_ok 10 test -s "$W/port"
	PORT=$(cat "$W/port")
}
conf() { # identity of the TLS certificate, slot
	cat >"$W/agent-$1.conf" <<-CONF
		[agent]
		muni = 991015
		server = https://127.0.0.1:$PORT
		cert = $W/n/agent-$1.crt
		key = $W/n/agent-$1.key
		ca = $W/n/ca.crt
		sync_key = $W/n/sync-991015.key
		[register]
		database = $CONN dbname=register user=kofu_agent
		slot = $2
		[medium]
		recipient = $W/n/server-asp-1.crt
	CONF
}
agent() {
	"$AGENT" "$W/agent-991015.conf" 2>>"$W/agent.log" &
	AGENT_PID=$!
	child $AGENT_PID
}
stop_agent() {
	kill "${1:--TERM}" "$AGENT_PID"
	AGENT_STATUS=0
	wait "$AGENT_PID" 2>/dev/null || AGENT_STATUS=$?
}

# --- what stands in the register, as the replica should have it ---
register_dump() {
	reg -F '|' -c "
	SELECT 'R', atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi, setai_no, shimei, shimei_furigana,
		shimei_alphabet, kyu_uji, kyu_uji_furigana, tsusho, tsusho_furigana, seinengappi, seibetsu,
		setainushi_shimei, zokugara, honseki, hittosha, jumin_to_natta_ymd, gaikokujin_jumin_ymd, jusho,
		katagaki, jusho_wo_sadameta_ymd, todokede_ymd, tennyu_mae_jusho, kojin_no, juminhyo_code,
		kokuseki_chiiki, ho30_45_kubun, zairyu_shikaku, zairyu_kikan, zairyu_manryo_ymd, zairyu_card_no,
		biko, ido_jiyu, ido_ymd, shojo_jiyu, shojo_ymd
	FROM (SELECT DISTINCT ON (atena_no) * FROM jumin.juminhyo ORDER BY atena_no, rireki_no DESC) x" \
		-c "
	SELECT 'S', atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px, encode(inei, 'hex')
	FROM (SELECT DISTINCT ON (atena_no) * FROM jumin.inkan ORDER BY atena_no, rireki_no DESC) x" | LC_ALL=C sort
}
replica_dump() { "$HOST" dump 991015 "$CONN dbname=replica" $DEK | LC_ALL=C sort; }
same() {
	register_dump >"$W/want" && replica_dump >"$W/got" && cmp "$W/want" "$W/got"
}
nobody_parked() { [ "$(rep -c "SELECT (SELECT count(*) FROM parked) || ',' || coalesce((SELECT stopped FROM tenant), '')")" = 0, ]; }
caught_up() { # within 20 s, and nothing parked on the way
	until_ok 20 same && nobody_parked
}
is() { [ "$(rep -c "$2")" = "$1" ]; }
lease_age_ms() { rep -c "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - beat_ms FROM lease"; }
lease_fresh() { a=$(lease_age_ms) && [ -n "$a" ] && [ "$a" -lt 3000 ]; }
lease_stale() { [ "$(lease_age_ms)" -gt 4000 ]; }
