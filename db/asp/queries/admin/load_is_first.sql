-- SPDX-License-Identifier: Apache-2.0
-- Nobody is there yet: a first load may build the indexes after the rows.
-- args: 0
-- rows: one
SELECT NOT EXISTS (SELECT FROM person)
