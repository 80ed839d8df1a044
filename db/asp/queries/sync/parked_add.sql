-- SPDX-License-Identifier: Apache-2.0
-- What was parked and why, without what it said.
-- args: 5
-- rows: none
INSERT INTO parked (epoch, seq, ref, code, at_ms)
VALUES ($1::bigint, $2::bigint, $3::bytea, $4::text, $5::bigint)
