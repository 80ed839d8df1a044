-- SPDX-License-Identifier: Apache-2.0
-- One allowance, for what is decided about it.
-- args: 1
-- rows: maybe
SELECT number, ref, state, asked_by, until_ms FROM reissue WHERE id = $1::bigint FOR UPDATE
