-- SPDX-License-Identifier: Apache-2.0
-- How many rows of stop are under another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM stop WHERE sealed_gen(sealed) <> $1::integer
