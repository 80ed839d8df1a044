-- SPDX-License-Identifier: Apache-2.0
-- Sealed anew, where a row is still what was read.
-- args: 5
-- rows: none
UPDATE card t SET card = n.card_now, sealed = n.now
  FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
    AS n (ref, card, card_now, was, now)
 WHERE t.ref = n.ref AND t.card = n.card AND t.sealed = n.was
