-- SPDX-License-Identifier: Apache-2.0
-- The same, held until the batch is applied: one applier at a time.
-- args: 0
-- rows: maybe
SELECT epoch, seq, hash, source, session FROM stream FOR UPDATE
