-- SPDX-License-Identifier: Apache-2.0
-- The cards a person holds.
-- args: 1
-- rows: many
SELECT rireki_no, sealed FROM card WHERE ref = $1::bytea AND active ORDER BY card
