-- SPDX-License-Identifier: Apache-2.0
-- The newest row of each seal after $1, up to $2 rows away (see juminhyo_page).
-- args: 2
-- rows: many
SELECT DISTINCT ON (atena_no) atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px,
       '\x' || encode(inei, 'hex') AS inei
FROM jumin.inkan WHERE atena_no > $1::text AND atena_no <= (
	SELECT max(atena_no) FROM (
		SELECT atena_no FROM jumin.inkan WHERE atena_no > $1::text ORDER BY atena_no LIMIT $2::integer) page)
ORDER BY atena_no, rireki_no DESC
