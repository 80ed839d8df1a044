-- SPDX-License-Identifier: Apache-2.0
-- An order for its release or its outcome.
-- args: 1
-- rows: maybe
SELECT th, ref, kind, state, whole_household, manifest_hash, issued_ms
  FROM issue WHERE order_id = $1::bytea FOR NO KEY UPDATE
