-- SPDX-License-Identifier: Apache-2.0
-- Sealed anew, where a row is still what was read.
-- args: 3
-- rows: none
UPDATE imprint t SET sealed = n.now
  FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])
    AS n (number, was, now)
 WHERE t.number = n.number AND t.sealed = n.was
