-- SPDX-License-Identifier: Apache-2.0
-- The data key that is written under, and is until the end of the transaction.
-- args: 0
-- rows: one
SELECT write_gen()
