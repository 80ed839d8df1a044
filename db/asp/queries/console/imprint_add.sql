-- SPDX-License-Identifier: Apache-2.0
-- A version that is proposed.
-- args: 8
-- rows: none
INSERT INTO imprint (number, base, sealed, digest, note, from_ms, proposed_by, proposed_ms)
VALUES ($1::bigint, $2::bigint, $3::bytea, $4::bytea, $5::text, $6::bigint, $7::text, $8::bigint)
