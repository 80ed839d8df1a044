-- SPDX-License-Identifier: Apache-2.0
-- Is each row somebody's?
-- args: 0
-- rows: one
SELECT NOT EXISTS (SELECT FROM resident_row r WHERE NOT EXISTS (SELECT FROM person p WHERE p.ref = r.ref))
