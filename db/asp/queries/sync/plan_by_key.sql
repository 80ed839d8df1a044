-- SPDX-License-Identifier: Apache-2.0
-- For this transaction: rows are looked for one by one, in the order they are named in, which is
-- that of the locks. However small a table is, it is not read whole. And whoever has rows added to
-- was looked for and locked, or added, before (migration 0023).
-- args: 0
-- rows: one
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('kofu.persons', 'locked', true)
