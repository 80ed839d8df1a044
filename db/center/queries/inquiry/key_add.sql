-- SPDX-License-Identifier: Apache-2.0
-- A new key; run by the owner.
-- args: 5
-- rows: none
INSERT INTO inquiry_key (id, name, hash, per_minute, made_ms) VALUES ($1, $2, $3, $4::integer, $5::bigint)
