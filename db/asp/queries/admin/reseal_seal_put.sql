-- SPDX-License-Identifier: Apache-2.0
-- Sealed anew, where a row is still what was read.
-- args: 4
-- rows: none
UPDATE seal_row t SET sealed = n.now
  FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[])
    AS n (ref, rireki_no, was, now)
 WHERE t.ref = n.ref AND t.rireki_no = n.rireki_no AND t.sealed = n.was
