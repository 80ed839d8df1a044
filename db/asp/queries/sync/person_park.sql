-- SPDX-License-Identifier: Apache-2.0
-- Not issuable until a human mends it.
-- args: 1
-- rows: none
UPDATE person SET parked = true, version = version + 1 WHERE ref = $1::bytea
