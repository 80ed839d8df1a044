-- SPDX-License-Identifier: Apache-2.0
-- The keys are others now.
-- args: 0
-- rows: none
UPDATE tenant SET ring_seq = ring_seq + 1
