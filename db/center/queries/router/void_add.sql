-- SPDX-License-Identifier: Apache-2.0
-- A void of the city, at most so many of one municipality; the same again changes nothing.
-- args: 4
-- rows: maybe
INSERT INTO void_number (number, muni, at_ms)
SELECT $1::text, $2::text, $3::bigint WHERE (SELECT count(*) FROM void_number WHERE muni = $2::text) < $4::bigint
    OR EXISTS (SELECT FROM void_number WHERE number = $1::text)
ON CONFLICT (number) DO UPDATE SET number = excluded.number RETURNING number
