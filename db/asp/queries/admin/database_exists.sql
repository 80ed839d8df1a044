-- SPDX-License-Identifier: Apache-2.0
-- Is there a database of that name?
-- args: 1
-- rows: one
SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1::name)
