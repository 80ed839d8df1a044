-- SPDX-License-Identifier: Apache-2.0
-- Whose inquiry an idempotency key is.
-- args: 2
-- rows: one
SELECT asked, inquiry, at_ms FROM inquiry_request WHERE key_id = $1 AND idem = $2
