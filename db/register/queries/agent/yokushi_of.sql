-- SPDX-License-Identifier: Apache-2.0
-- The newest row of the blocks of one subject.
-- args: 2
-- rows: many
SELECT taisho_kubun, taisho_no, rireki_no,
       CASE WHEN yuko THEN 't' ELSE 'f' END AS yuko, CASE WHEN juminhyo THEN 't' ELSE 'f' END AS juminhyo,
       CASE WHEN inkan THEN 't' ELSE 'f' END AS inkan
FROM jumin.yokushi WHERE taisho_kubun = $1::char(1) AND taisho_no = $2::text ORDER BY rireki_no DESC LIMIT 1
