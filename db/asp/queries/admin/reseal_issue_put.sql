-- SPDX-License-Identifier: Apache-2.0
-- Hashed anew, where a row is still what was read.
-- args: 3
-- rows: none
UPDATE issue t SET card = n.now
  FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
    AS n (id, was, now)
 WHERE t.order_id = n.id AND t.card = n.was
