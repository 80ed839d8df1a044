-- SPDX-License-Identifier: Apache-2.0
-- Is there a role of that name?
-- args: 1
-- rows: one
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1::name)
