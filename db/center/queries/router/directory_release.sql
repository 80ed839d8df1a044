-- SPDX-License-Identifier: Apache-2.0
-- A municipality does not hold this card any more.
-- args: 3
-- rows: none
DELETE FROM directory WHERE issuer = $1::bytea AND serial = $2::bytea AND muni = $3
