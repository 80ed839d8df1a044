-- SPDX-License-Identifier: Apache-2.0
-- Answers that were not fetched again in time are dropped.
-- args: 1
-- rows: none
UPDATE issue SET papers = NULL WHERE papers IS NOT NULL AND issued_ms < $1::bigint
