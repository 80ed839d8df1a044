-- SPDX-License-Identifier: Apache-2.0
-- About how many cards the directory knows (as of its last ANALYZE), and the schema.
-- args: 0
-- rows: one
SELECT greatest(reltuples, 0)::bigint, (SELECT max(number) FROM schema_migration) FROM pg_class WHERE oid = 'directory'::regclass
