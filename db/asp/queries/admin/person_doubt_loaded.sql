-- SPDX-License-Identifier: Apache-2.0
-- Who was erased under a number that the medium has as registered is not issuable.
-- args: 0
-- rows: none
UPDATE person SET parked = true WHERE state = 1
   AND EXISTS (SELECT FROM tombstone t WHERE t.ref = person.ref AND person.rireki_no <= t.rireki_no)
