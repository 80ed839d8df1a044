-- SPDX-License-Identifier: Apache-2.0
-- What holds of each kind at an instant: a closure, the week's hours, the fee, what the holder of a card (its
-- hashes) may have again.
-- args: 2
-- rows: many
SELECT k.kind, w.days, w.year_end, f.fee_yen,
       EXISTS (SELECT FROM closure c WHERE c.kinds & (1 << k.kind) <> 0 AND c.ended_ms IS NULL
                  AND c.from_ms <= $1::bigint AND c.until_ms > $1::bigint),
       x.id, x.number
  FROM generate_series(1, 3) k(kind)
  LEFT JOIN LATERAL (SELECT days, year_end FROM week
        WHERE kind = k.kind AND from_ms <= $1::bigint AND ended_ms IS NULL ORDER BY from_ms DESC, id DESC LIMIT 1) w ON true
  LEFT JOIN LATERAL (SELECT fee_yen FROM fee
        WHERE kind = k.kind AND from_ms <= $1::bigint AND ended_ms IS NULL ORDER BY from_ms DESC, id DESC LIMIT 1) f ON true
  LEFT JOIN LATERAL (SELECT id, number FROM reissue
        WHERE ref = ANY (ARRAY(SELECT ref FROM card
                                WHERE card = ANY (ARRAY(SELECT unnest($2::bytea[]))) AND active))
          AND kind = k.kind AND state = 2 AND until_ms > $1::bigint) x ON true
