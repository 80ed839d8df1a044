-- SPDX-License-Identifier: Apache-2.0
-- Whoever has a record that could not be read is not issuable.
-- args: 0
-- rows: none
UPDATE person SET parked = true WHERE ref IN (SELECT ref FROM parked)
