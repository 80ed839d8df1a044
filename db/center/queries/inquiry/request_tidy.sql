-- SPDX-License-Identifier: Apache-2.0
-- Forgets the requests of before.
-- args: 1
-- rows: none
DELETE FROM inquiry_request WHERE at_ms < $1::bigint
