-- SPDX-License-Identifier: Apache-2.0
-- Who was erased before and is removed on the medium as well stays erased.
-- args: 0
-- rows: none
DELETE FROM person p USING tombstone t WHERE t.ref = p.ref AND p.state = 2 AND p.rireki_no <= t.rireki_no
