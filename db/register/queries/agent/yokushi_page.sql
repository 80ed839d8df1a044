-- SPDX-License-Identifier: Apache-2.0
-- The newest row of each block after kind of subject $1 and subject $2.
-- args: 3
-- rows: many
SELECT DISTINCT ON (taisho_kubun, taisho_no) taisho_kubun, taisho_no, rireki_no,
       CASE WHEN yuko THEN 't' ELSE 'f' END AS yuko, CASE WHEN juminhyo THEN 't' ELSE 'f' END AS juminhyo,
       CASE WHEN inkan THEN 't' ELSE 'f' END AS inkan
FROM jumin.yokushi WHERE (taisho_kubun, taisho_no) > ($1::char(1), $2::text)
ORDER BY taisho_kubun, taisho_no, rireki_no DESC LIMIT $3::integer
