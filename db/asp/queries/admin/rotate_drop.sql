-- SPDX-License-Identifier: Apache-2.0
-- A data key goes from among the others.
-- args: 1
-- rows: none
DELETE FROM data_key WHERE use = 1 AND gen = $1::integer
