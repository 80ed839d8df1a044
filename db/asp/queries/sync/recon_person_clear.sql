-- SPDX-License-Identifier: Apache-2.0
-- A person whom the register does not know.
-- args: 1
-- rows: none
DELETE FROM person WHERE ref = $1::bytea
