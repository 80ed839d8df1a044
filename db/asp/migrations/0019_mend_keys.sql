-- SPDX-License-Identifier: Apache-2.0
-- What a person is found by is 16 bytes long, or with its generation 18. Since there are generations the
-- stream wrote the first's with two bytes of nothing behind it, by which nobody was found any more.
UPDATE person SET keys = ARRAY(
	SELECT CASE WHEN octet_length(k) = 18 AND substr(k, 17) = '\x0000' THEN substr(k, 1, 16) ELSE k END
	  FROM unnest(keys) WITH ORDINALITY AS one (k, n) ORDER BY n)
 WHERE EXISTS (SELECT FROM unnest(keys) AS k WHERE octet_length(k) = 18 AND substr(k, 17) = '\x0000');
