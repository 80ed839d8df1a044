-- SPDX-License-Identifier: Apache-2.0
-- Relabels the things from an id on.
-- args: 2
-- rows: none
UPDATE thing SET label = $2 WHERE id >= $1
