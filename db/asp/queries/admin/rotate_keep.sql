-- SPDX-License-Identifier: Apache-2.0
-- The key written under goes among the others.
-- args: 1
-- rows: none
INSERT INTO data_key (use, gen, wrapped, made_ms) SELECT 1, data_gen, wrapped_key, $1::bigint FROM tenant
