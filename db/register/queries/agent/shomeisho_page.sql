-- SPDX-License-Identifier: Apache-2.0
-- Every row of the cards after person $1 and number $2: how a card stands is its newest row.
-- args: 3
-- rows: many
SELECT atena_no, rireki_no, CASE WHEN yuko THEN 't' ELSE 'f' END AS yuko,
       '\x' || encode(issuer_key_hash, 'hex') AS issuer_key_hash, '\x' || encode(serial, 'hex') AS serial
FROM jumin.shomeisho s
WHERE (atena_no, rireki_no) > ($1::text, $2::integer) AND NOT EXISTS (
	SELECT FROM jumin.shomeisho later WHERE later.atena_no = s.atena_no AND later.rireki_no > s.rireki_no
	AND later.issuer_key_hash = s.issuer_key_hash AND later.serial = s.serial)
ORDER BY atena_no, rireki_no LIMIT $3::integer
