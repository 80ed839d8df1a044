-- SPDX-License-Identifier: Apache-2.0
-- How each card of one person stands.
-- args: 1
-- rows: many
SELECT atena_no, rireki_no, CASE WHEN yuko THEN 't' ELSE 'f' END AS yuko,
       '\x' || encode(issuer_key_hash, 'hex') AS issuer_key_hash, '\x' || encode(serial, 'hex') AS serial
FROM jumin.shomeisho s
WHERE atena_no = $1::text AND NOT EXISTS (
	SELECT FROM jumin.shomeisho later WHERE later.atena_no = s.atena_no AND later.rireki_no > s.rireki_no
	AND later.issuer_key_hash = s.issuer_key_hash AND later.serial = s.serial)
ORDER BY rireki_no
