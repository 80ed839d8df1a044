-- SPDX-License-Identifier: Apache-2.0
-- The person as the register has them, whatever stood here.
-- args: 7
-- rows: none
INSERT INTO person (ref, household, narabi, state, rireki_no, removed_ms, keys)
VALUES ($1::bytea, $2::bytea, $3::integer, $4::smallint, $5::bigint, CASE WHEN $4::smallint = 2 THEN $6::bigint END, $7::bytea[])
ON CONFLICT (ref) DO UPDATE
SET household = excluded.household, narabi = excluded.narabi, state = excluded.state,
    rireki_no = excluded.rireki_no, version = person.version + 1, parked = false, keys = excluded.keys,
    removed_ms = CASE WHEN excluded.state = 2 THEN coalesce(person.removed_ms, excluded.removed_ms) END
