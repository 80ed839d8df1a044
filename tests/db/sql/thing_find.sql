-- SPDX-License-Identifier: Apache-2.0
-- A thing that may be there.
-- args: 1
-- rows: maybe
SELECT id, label FROM thing WHERE id = $1
