-- SPDX-License-Identifier: Apache-2.0
-- A change the center must hear.
-- args: 3
-- rows: none
INSERT INTO directory_outbox (issuer, serial, claim) VALUES ($1::bytea, $2::bytea, $3::boolean)
