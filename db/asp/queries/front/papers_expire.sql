-- SPDX-License-Identifier: Apache-2.0
-- Answers that were not fetched again in time are dropped: more than $2 milliseconds old by the
-- server's clock ($1) and by the database's. A server whose clock is ahead drops nobody's answer.
-- args: 2
-- rows: none
UPDATE issue SET papers = NULL
 WHERE papers IS NOT NULL
   AND issued_ms < least($1::bigint, (extract(epoch FROM now()) * 1000)::bigint) - $2::bigint
