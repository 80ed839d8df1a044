-- SPDX-License-Identifier: Apache-2.0
-- Of these persons: was anything of them parked, and the newest number that was erased of them.
-- args: 1
-- rows: many
SELECT r.ref, EXISTS (SELECT FROM parked k WHERE k.ref = r.ref), coalesce(t.rireki_no, 0)
  FROM unnest($1::bytea[]) r (ref) LEFT JOIN tombstone t ON t.ref = r.ref
 WHERE t.ref IS NOT NULL OR EXISTS (SELECT FROM parked k WHERE k.ref = r.ref)
