-- SPDX-License-Identifier: Apache-2.0
-- All cards of a person.
-- args: 1
-- rows: none
DELETE FROM card WHERE ref = $1::bytea
