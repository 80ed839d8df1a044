-- SPDX-License-Identifier: Apache-2.0
-- A session begins.
-- args: 4
-- rows: none
INSERT INTO staff_session (session, user_id, terminal, begun_ms, seen_ms)
VALUES ($1::bytea, $2::text, $3::text, $4::bigint, $4::bigint)
