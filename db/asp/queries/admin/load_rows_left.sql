-- SPDX-License-Identifier: Apache-2.0
-- Asked where there is no person: rows of nobody, of a load that was cut off between its two commits.
-- args: 0
-- rows: one
SELECT EXISTS (SELECT FROM resident_row)
