-- SPDX-License-Identifier: Apache-2.0
-- All stops of a person and of the household.
-- args: 2
-- rows: many
SELECT id, subject, household, kinds, state, sealed, set_by, set_ms, asked_by, asked_ms
  FROM stop WHERE subject IN ($1::bytea, $2::bytea) ORDER BY state, id DESC LIMIT 100
