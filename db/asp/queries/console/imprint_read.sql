-- SPDX-License-Identifier: Apache-2.0
-- One version with its content.
-- args: 1
-- rows: maybe
SELECT base, sealed, digest, from_ms, proposed_by, proposed_ms, approved_ms, holds_ms, tag, ended_ms
  FROM imprint WHERE number = $1::bigint
