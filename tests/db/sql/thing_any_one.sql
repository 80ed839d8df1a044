-- SPDX-License-Identifier: Apache-2.0
-- A query whose head promises too little.
-- args: 0
-- rows: maybe
SELECT id FROM thing
