-- SPDX-License-Identifier: Apache-2.0
-- The same of everybody in a household.
-- args: 1
-- rows: none
UPDATE person SET version = version + 1
WHERE ref IN (SELECT ref FROM person WHERE household = $1::bytea ORDER BY ref FOR NO KEY UPDATE)
