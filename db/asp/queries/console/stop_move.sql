-- SPDX-License-Identifier: Apache-2.0
-- A stop's next state: its lifting asked for, refused, or done.
-- args: 5
-- rows: none
UPDATE stop SET state = $2::smallint,
       asked_by = CASE WHEN $2::smallint = 1 THEN NULL ELSE coalesce($3::text, asked_by) END,
       asked_ms = CASE WHEN $2::smallint = 1 THEN NULL WHEN $3::text IS NULL THEN asked_ms ELSE $5::bigint END,
       ended_by = CASE WHEN $2::smallint = 3 THEN $4::text END,
       ended_ms = CASE WHEN $2::smallint = 3 THEN $5::bigint END
 WHERE id = $1::bigint
