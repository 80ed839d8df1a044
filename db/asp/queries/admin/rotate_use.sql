-- SPDX-License-Identifier: Apache-2.0
-- And the next one is written under.
-- args: 0
-- rows: none
UPDATE tenant t SET wrapped_key = k.wrapped, data_gen = k.gen, ring_seq = ring_seq + 1
  FROM data_key k WHERE k.use = 1 AND k.gen = t.data_gen + 1
