-- SPDX-License-Identifier: Apache-2.0
-- The versions, the newest first, without their content; and which of them holds.
-- args: 2
-- rows: many
SELECT number, base, digest, note, from_ms, proposed_by, proposed_ms, approved_by, approved_ms,
       holds_ms, ended_by, ended_ms,
       number = (SELECT max(number) FROM imprint WHERE approved_ms IS NOT NULL AND ended_ms IS NULL AND holds_ms <= $1::bigint)
  FROM imprint ORDER BY number DESC LIMIT $2::bigint
