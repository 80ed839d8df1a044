-- SPDX-License-Identifier: Apache-2.0
-- Somebody new.
-- args: 5
-- rows: none
INSERT INTO person (ref, household, narabi, state, rireki_no, removed_ms)
VALUES ($1::bytea, $2::bytea, $3::integer, $4::smallint, $5::bigint,
        CASE WHEN $4::smallint = 2 THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint END)
