-- SPDX-License-Identifier: Apache-2.0
-- Claims an idempotency key for an inquiry; another claim stays.
-- args: 5
-- rows: none
INSERT INTO inquiry_request (key_id, idem, asked, inquiry, at_ms) VALUES ($1, $2, $3, $4, $5::bigint) ON CONFLICT DO NOTHING
