-- SPDX-License-Identifier: Apache-2.0
-- Papers of these households show who is in them: the version of each member grows.
-- args: 1
-- rows: none
UPDATE person SET version = version + 1
WHERE ref IN (SELECT ref FROM person WHERE household = ANY ($1::bytea[]) ORDER BY ref FOR NO KEY UPDATE)
