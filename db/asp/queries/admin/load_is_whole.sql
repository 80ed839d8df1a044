-- SPDX-License-Identifier: Apache-2.0
-- Is each row somebody's? Counted, so that all are compared at once and not one after the other.
-- args: 0
-- rows: one
SELECT count(*) = 0 FROM resident_row r WHERE NOT EXISTS (SELECT FROM person p WHERE p.ref = r.ref)
