-- SPDX-License-Identifier: Apache-2.0
-- Whose rows, in which version, the papers show.
-- args: 3
-- rows: none
INSERT INTO issue_person (order_id, ref, version)
SELECT $1::bytea, unnest($2::bytea[]), unnest($3::bigint[])
