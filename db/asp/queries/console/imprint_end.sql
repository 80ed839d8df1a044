-- SPDX-License-Identifier: Apache-2.0
-- Withdrawn: a proposal, or what was approved for later. What is in force is only replaced.
-- args: 3
-- rows: maybe
UPDATE imprint SET ended_by = $2::text, ended_ms = $3::bigint
 WHERE number = $1::bigint AND ended_ms IS NULL AND (holds_ms IS NULL OR holds_ms > $3::bigint)
RETURNING number
