-- SPDX-License-Identifier: Apache-2.0
-- Nobody of the household is issuable until a human mends it.
-- args: 1
-- rows: none
UPDATE person SET parked = true, version = version + 1
WHERE ref IN (SELECT ref FROM person WHERE household = $1::bytea ORDER BY ref FOR NO KEY UPDATE)
