-- SPDX-License-Identifier: Apache-2.0
-- Answers that were not fetched again in time are dropped: more than $2 milliseconds old by the
-- server's clock ($1) and by the database's. A server whose clock is ahead drops nobody's answer.
-- Between two bounds, for which the index is taken where nothing is known of the table, too.
-- args: 2
-- rows: none
DELETE FROM issue_paper
 WHERE issued_ms >= 0
   AND issued_ms < least($1::bigint, (extract(epoch FROM now()) * 1000)::bigint) - $2::bigint
