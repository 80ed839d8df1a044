-- SPDX-License-Identifier: Apache-2.0
-- The newest row of one person's seal.
-- args: 1
-- rows: many
SELECT atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px,
       '\x' || encode(inei, 'hex') AS inei
FROM jumin.inkan WHERE atena_no = $1::text ORDER BY rireki_no DESC LIMIT 1
