-- SPDX-License-Identifier: Apache-2.0
-- Which data key is written under; when the next one was made; whether the one before is still there.
-- args: 0
-- rows: maybe
SELECT t.data_gen, n.made_ms, b.gen IS NOT NULL
  FROM tenant t
  LEFT JOIN data_key n ON n.use = 1 AND n.gen = t.data_gen + 1
  LEFT JOIN data_key b ON b.use = 1 AND b.gen < t.data_gen
