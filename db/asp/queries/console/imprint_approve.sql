-- SPDX-License-Identifier: Apache-2.0
-- Approved: once, by another person than proposed it.
-- args: 5
-- rows: maybe
UPDATE imprint SET approved_by = $2::text, approved_ms = $3::bigint, holds_ms = $4::bigint, tag = $5::bytea
 WHERE number = $1::bigint AND approved_ms IS NULL AND ended_ms IS NULL AND proposed_by <> $2::text
RETURNING number
