-- SPDX-License-Identifier: Apache-2.0
-- Somebody new.
-- args: 5
-- rows: none
INSERT INTO staff (user_id, sealed, salt, pass, made_ms)
VALUES ($1::text, $2::bytea, $3::bytea, $4::bytea, $5::bigint)
