-- SPDX-License-Identifier: Apache-2.0
-- Stops in force, and those whose lifting is asked for first.
-- args: 1
-- rows: many
SELECT id, subject, household, kinds, state, sealed, set_by, set_ms, asked_by, asked_ms
  FROM stop WHERE state <> 3 ORDER BY state DESC, id DESC LIMIT $1::integer
