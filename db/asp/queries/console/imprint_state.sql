-- SPDX-License-Identifier: Apache-2.0
-- What holds now, what was approved last, how many wait for approval, the newest number.
-- args: 1
-- rows: one
SELECT coalesce(max(number) FILTER (WHERE approved_ms IS NOT NULL AND ended_ms IS NULL AND holds_ms <= $1::bigint), 0),
       coalesce(max(number) FILTER (WHERE approved_ms IS NOT NULL AND ended_ms IS NULL), 0),
       coalesce(max(holds_ms) FILTER (WHERE ended_ms IS NULL), 0),
       count(*) FILTER (WHERE approved_ms IS NULL AND ended_ms IS NULL),
       coalesce(max(number), 0)
  FROM imprint
