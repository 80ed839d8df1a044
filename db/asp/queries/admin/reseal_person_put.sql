-- SPDX-License-Identifier: Apache-2.0
-- Hashed anew, where a row is still what was read; keys come as the text of an array.
-- args: 3
-- rows: none
UPDATE person t SET keys = convert_from(n.now, 'UTF8')::bytea[]
  FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
    AS n (ref, was, now)
 WHERE t.ref = n.ref AND t.keys = convert_from(n.was, 'UTF8')::bytea[]
