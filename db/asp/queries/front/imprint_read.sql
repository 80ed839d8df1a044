-- SPDX-License-Identifier: Apache-2.0
-- A version that was approved, sealed; it never changes.
-- args: 1
-- rows: maybe
SELECT holds_ms, sealed, tag FROM imprint WHERE number = $1::bigint AND approved_ms IS NOT NULL
