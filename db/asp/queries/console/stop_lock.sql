-- SPDX-License-Identifier: Apache-2.0
-- One stop, for its lifting.
-- args: 1
-- rows: maybe
SELECT subject, household, kinds, state, set_by, asked_by FROM stop WHERE id = $1::bigint FOR UPDATE
