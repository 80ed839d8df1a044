-- SPDX-License-Identifier: Apache-2.0
-- Every key, oldest first; run by the owner.
-- args: 0
-- rows: many
SELECT id, name, per_minute, made_ms, revoked_ms FROM inquiry_key ORDER BY made_ms, id
