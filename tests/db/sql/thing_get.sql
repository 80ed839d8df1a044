-- SPDX-License-Identifier: Apache-2.0
-- A thing that must be there.
-- args: 1
-- rows: one
SELECT id, label, raw, yes, small FROM thing WHERE id = $1
