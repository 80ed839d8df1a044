-- SPDX-License-Identifier: Apache-2.0
-- How large the tables are in which something is sealed, in blocks.
-- args: 1
-- rows: one
SELECT pg_relation_size($1::text::regclass) / 8192
