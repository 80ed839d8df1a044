-- SPDX-License-Identifier: Apache-2.0
-- Whose replica this is, its wrapped keys, and under which data key is written.
-- args: 0
-- rows: many
SELECT t.muni, t.ring_seq, t.data_gen, k.use, k.gen, k.wrapped
  FROM tenant t, LATERAL (SELECT 1 AS use, t.data_gen AS gen, t.wrapped_key AS wrapped
                           UNION ALL SELECT use, gen, wrapped FROM data_key) k
 ORDER BY k.use, k.gen
