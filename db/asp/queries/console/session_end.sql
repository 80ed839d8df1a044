-- SPDX-License-Identifier: Apache-2.0
-- A session is over; all of somebody's when no session is named.
-- args: 3
-- rows: none
UPDATE staff_session SET ended_ms = $3::bigint
 WHERE ended_ms IS NULL AND (session = $1::bytea OR user_id = $2::text)
