-- SPDX-License-Identifier: Apache-2.0
-- Blocks of the register; those set here and by reconciliation stay.
-- args: 0
-- rows: none
DELETE FROM block WHERE source = 1
