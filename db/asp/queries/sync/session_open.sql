-- SPDX-License-Identifier: Apache-2.0
-- Fences off what an earlier session still has on the way; waits for a batch that is being applied.
-- args: 1
-- rows: maybe
UPDATE stream SET session = $1::bytea RETURNING epoch, seq, hash, source, session
