-- SPDX-License-Identifier: Apache-2.0
-- How far the stream came; none before the first load.
-- args: 0
-- rows: maybe
SELECT epoch, seq, hash, source, session FROM stream
