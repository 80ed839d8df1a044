-- SPDX-License-Identifier: Apache-2.0
-- Whose papers cannot be printed for one of some reasons, after a ref.
-- args: 3
-- rows: many
SELECT u.ref, u.reasons, u.sealed, u.code, u.at_ms, r.rireki_no, r.sealed
  FROM unprintable u
  LEFT JOIN LATERAL (SELECT rireki_no, sealed FROM resident_row
                      WHERE ref = u.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
 WHERE u.ref > $1::bytea AND u.reasons & $2::integer <> 0 ORDER BY u.ref LIMIT $3::integer
