-- SPDX-License-Identifier: Apache-2.0
-- A session whose card was found good.
-- args: 8
-- rows: none
INSERT INTO session (id, kiosk, muni, th, transcript, certificate, signature, expires_ms)
VALUES ($1::bytea, $2, $3, $4::bytea, $5::bytea, $6::bytea, $7::bytea, $8::bigint)
