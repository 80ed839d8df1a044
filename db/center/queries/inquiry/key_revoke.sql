-- SPDX-License-Identifier: Apache-2.0
-- Ends a key, once; run by the owner.
-- args: 2
-- rows: none
UPDATE inquiry_key SET revoked_ms = $2::bigint WHERE id = $1 AND revoked_ms IS NULL
