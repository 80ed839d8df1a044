-- SPDX-License-Identifier: Apache-2.0
-- One bank's key that is in force.
-- args: 1
-- rows: maybe
SELECT hash, per_minute FROM inquiry_key WHERE id = $1 AND revoked_ms IS NULL
