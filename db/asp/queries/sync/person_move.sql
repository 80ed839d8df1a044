-- SPDX-License-Identifier: Apache-2.0
-- A further row of somebody known.
-- args: 5
-- rows: none
UPDATE person SET household = $2::bytea, narabi = $3::integer, state = $4::smallint, rireki_no = $5::bigint,
       version = version + 1,
       removed_ms = CASE WHEN $4::smallint = 2
           THEN coalesce(removed_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) END
WHERE ref = $1::bytea
