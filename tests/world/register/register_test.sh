#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sample register: the same people every time, and a register takes them.
# usage: register_test.sh WORLD-REGISTER SCHEMA-FOLDER CLUSTER.SH
. "$(dirname "$0")/../tap.sh"
REG=$1
SCHEMA=$2
CLUSTER=$3
gen() { "$REG" generate --muni "$1" --count "$2" --seed "$3" ${4:+"$4" "$5"}; }

gen 991015 500 1 >"$W/a.sql"
gen 991015 500 1 >"$W/b.sql"
gen 991015 500 2 >"$W/c.sql"
gen 992038 500 1 >"$W/d.sql" 2>/dev/null || gen 401005 500 1 >"$W/d.sql"
head_of() { grep -c "$2" "$1"; }
check "the same arguments give the same bytes" cmp "$W/a.sql" "$W/b.sql"
check "another seed gives other people" refused cmp -s "$W/a.sql" "$W/c.sql"
check "another municipality gives other people" refused cmp -s "$W/a.sql" "$W/d.sql"
check "the cast is the same with every seed" sh -c "grep '^10000[0-2]' '$W/a.sql' >'$W/x' && grep '^10000[0-2]' '$W/c.sql' | cmp - '$W/x'"
check "a smaller count than the cast is refused" refused "$REG" generate --muni 991015 --count 19
check "a municipality without its check digit is refused" refused "$REG" generate --muni 991016 --count 100
check "a supplementary-plane name is there" grep -q '𠮷' "$W/a.sql"
check "a variation sequence is there" grep -q '葛󠄂' "$W/a.sql"

PG=/tmp/kofu-pg-register-$$ # not in $W: the server has another uid
CONN=$(sh "$CLUSTER" start "$PG" $$)
trap 'sh "$CLUSTER" stop "$PG"; tap_end' EXIT
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$CONN" "$@"; }
check "the schema is taken" sql -f "$SCHEMA/schema.sql" -f "$SCHEMA/functions.sql"
check "the people are taken" sql -f "$W/a.sql"
is() { [ "$(sql -c "$2")" = "$1" ]; }
check "there are as many as asked for" is 500 "SELECT count(DISTINCT atena_no) FROM jumin.juminhyo"
check "histories have no gap" is 0 "SELECT count(*) FROM (SELECT atena_no FROM jumin.juminhyo GROUP BY 1 HAVING max(rireki_no) <> count(*)) x"
check "no two seals are alike" is 0 "SELECT count(*) FROM (SELECT inei FROM jumin.inkan WHERE rireki_no = 1 GROUP BY 1 HAVING count(*) > 1) x"
check "no two households have one address" is 0 "SELECT count(*) FROM (SELECT jusho FROM jumin.juminhyo WHERE jusho NOT LIKE '%旧居町%' GROUP BY 1 HAVING count(DISTINCT setai_no) > 1) x"
check "a change is a further row" is 3 "SELECT jumin.henko('10000017', '{\"jusho\": \"架空県架空市例示町９番地\"}')"
check "a household moves together" is 4 "SELECT jumin.tenkyo('20000015', '架空県架空市例示町８番地', NULL, '令和８年１月１日')"
check "everybody of it has the new address" is 4 "SELECT count(*) FROM (SELECT DISTINCT ON (atena_no) jusho FROM jumin.juminhyo WHERE setai_no = '20000015' ORDER BY atena_no, rireki_no DESC) x WHERE jusho = '架空県架空市例示町８番地'"
check "a block is a row of its own history" is 2 "SELECT jumin.yokushi_settei('1', '10000084', false)"
check "a removal is a further row" is 2 "SELECT jumin.shojo('10000106', '死亡', '令和８年１月１日')"
check "and abolishes the seal" is 2,2 "SELECT max(rireki_no) || ',' || max(toroku_jotai) FROM jumin.inkan WHERE atena_no = '10000106'"
as_agent() { sql -c "SET ROLE kofu_agent" -c "$1"; }
check "the agent reads what it is given" as_agent "SELECT shimei FROM jumin.juminhyo LIMIT 1"
check "the agent cannot read why somebody is blocked" refused as_agent "SELECT riyu FROM jumin.yokushi"
check "the agent cannot read other systems' columns" refused as_agent "SELECT kokuho_flag FROM jumin.juminhyo"
check "the agent cannot write" refused as_agent "INSERT INTO jumin.shomeisho VALUES ('1', 1, true, '\\x00', '\\x00')"
done_testing
