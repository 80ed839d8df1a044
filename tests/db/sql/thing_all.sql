-- SPDX-License-Identifier: Apache-2.0
-- All of them.
-- args: 0
-- rows: many
SELECT id, label, raw, yes, small FROM thing ORDER BY id
