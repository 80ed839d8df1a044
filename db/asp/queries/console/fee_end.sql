-- SPDX-License-Identifier: Apache-2.0
-- A fee that was planned and does not come.
-- args: 3
-- rows: maybe
UPDATE fee SET ended_by = $2::text, ended_ms = $3::bigint
 WHERE id = $1::bigint AND ended_ms IS NULL AND from_ms > $3::bigint RETURNING kind
