-- SPDX-License-Identifier: Apache-2.0
-- Sealed anew, where a row is still what was read.
-- args: 3
-- rows: none
UPDATE survey t SET sealed = n.now
  FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
    AS n (id, was, now)
 WHERE t.ref = n.id AND t.sealed = n.was
