-- SPDX-License-Identifier: Apache-2.0
-- What was parked of a person has come.
-- args: 1
-- rows: none
DELETE FROM parked WHERE ref = $1::bytea
