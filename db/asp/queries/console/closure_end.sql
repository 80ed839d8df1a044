-- SPDX-License-Identifier: Apache-2.0
-- A closure that is over before its time, or never comes.
-- args: 3
-- rows: maybe
UPDATE closure SET ended_by = $2::text, ended_ms = $3::bigint
 WHERE id = $1::bigint AND ended_ms IS NULL AND until_ms > $3::bigint RETURNING kinds
