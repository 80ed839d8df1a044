-- SPDX-License-Identifier: Apache-2.0
-- The newest row of each seal after $1.
-- args: 2
-- rows: many
SELECT DISTINCT ON (atena_no) atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px,
       '\x' || encode(inei, 'hex') AS inei
FROM jumin.inkan WHERE atena_no > $1::text ORDER BY atena_no, rireki_no DESC LIMIT $2::integer
