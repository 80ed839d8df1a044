-- SPDX-License-Identifier: Apache-2.0
-- What the next row of a person costs beside the row itself (docs/adr/0022).

-- A page is looked through for rows to be thrown away once less is free in it than the fill factor
-- leaves: at 70 each change of a page's persons did that. A first load fills its pages to 70, so
-- that a change finds room beside the row; from then on the room is used before it is looked for.
ALTER TABLE person SET (fillfactor = 90);

-- A CHECK is asked of every row that is written, whatever was set; a domain only of what is set
-- (docs/adr/0019, and how a table gets there).
CREATE DOMAIN rireki_no AS bigint;
CREATE DOMAIN person_state AS smallint;
DROP VIEW unprintable; -- made again below, as in 0013
ALTER DOMAIN octets_16 DROP CONSTRAINT octets_16_check;
ALTER TABLE person
	ALTER COLUMN ref TYPE octets_16, DROP CONSTRAINT person_ref_check,
	ALTER COLUMN household TYPE octets_16, DROP CONSTRAINT person_household_check,
	ALTER COLUMN state TYPE person_state, DROP CONSTRAINT person_state_check,
	ALTER COLUMN rireki_no TYPE rireki_no, DROP CONSTRAINT person_rireki_no_check;
ALTER DOMAIN octets_16 ADD CHECK (octet_length(VALUE) = 16);
ALTER DOMAIN person_state ADD CHECK (VALUE IN (1, 2)); -- enum resident_state
ALTER DOMAIN rireki_no ADD CHECK (VALUE > 0);

CREATE VIEW unprintable AS
SELECT p.ref, p.household, coalesce(s.reasons, 0) | CASE WHEN NOT p.parked THEN 0
         WHEN k.code LIKE 'history-%' THEN 1 << 5 WHEN k.code = 'card-held' THEN 1 << 6 ELSE 1 << 7 END AS reasons,
       s.sealed, CASE WHEN p.parked THEN coalesce(k.code, '') END AS code,
       coalesce(CASE WHEN p.parked THEN k.at_ms END, s.at_ms, 0) AS at_ms
  FROM (SELECT ref FROM survey WHERE reasons <> 0 UNION SELECT ref FROM person WHERE parked) u
  JOIN person p USING (ref)
  LEFT JOIN survey s ON s.ref = u.ref AND s.reasons <> 0
  LEFT JOIN LATERAL (SELECT code, at_ms FROM parked WHERE ref = u.ref ORDER BY id DESC LIMIT 1) k ON true
 WHERE p.state = 1;
GRANT SELECT ON unprintable TO kofu_console;

-- What is known of a column goes with its type: where there are rows, it is learnt anew at once.
DO $$
DECLARE
	any_row boolean;
BEGIN
	SELECT EXISTS (SELECT FROM person) INTO any_row;
	IF any_row THEN
		ANALYZE person;
	END IF;
END $$;
