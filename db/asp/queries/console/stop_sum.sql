-- SPDX-License-Identifier: Apache-2.0
-- What the stops of a subject block together.
-- args: 1
-- rows: one
SELECT coalesce(bit_or(kinds), 0) FROM stop WHERE subject = $1::bytea AND state <> 3
