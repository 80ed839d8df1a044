-- SPDX-License-Identifier: Apache-2.0
-- The center is to hear of a void.
-- args: 2
-- rows: none
INSERT INTO void_outbox (number, at_ms) VALUES ($1::text, $2::bigint)
