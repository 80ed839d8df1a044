-- SPDX-License-Identifier: Apache-2.0
-- What one change of a resident leaves in the replica, as little as tells the same.

-- Found by フリガナ and 生年月日: of the newest row alone, so they stand with the person,
-- and the index hears of them only when they change.
ALTER TABLE person ADD COLUMN keys bytea[] NOT NULL DEFAULT '{}';
UPDATE person p SET keys = r.keys FROM resident_row r WHERE r.ref = p.ref AND r.rireki_no = p.rireki_no;
ALTER TABLE resident_row DROP COLUMN keys;
CREATE INDEX person_keys ON person USING gin (keys);
-- A change finds room beside the row it changes: then no index is touched.
ALTER TABLE person SET (fillfactor = 70);

-- Whose a row is, tested once for all rows of a statement. Who deletes a person holds the
-- row's lock; so does who adds rows of them (persons_lock, persons_add).
ALTER TABLE resident_row DROP CONSTRAINT resident_row_ref_fkey;
CREATE FUNCTION resident_row_whose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF EXISTS (SELECT FROM came WHERE NOT EXISTS (SELECT FROM person WHERE person.ref = came.ref)) THEN
		RAISE foreign_key_violation USING MESSAGE = 'a row of nobody';
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER resident_row_whose AFTER INSERT ON resident_row
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION resident_row_whose();
CREATE FUNCTION person_rows_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	DELETE FROM resident_row USING gone WHERE resident_row.ref = gone.ref;
	RETURN NULL;
END $$;
CREATE TRIGGER person_rows_go AFTER DELETE ON person
	REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION person_rows_go();

-- One thing done to the data of many is one row of the audit: their refs one after the other.
ALTER TABLE audit_row ADD COLUMN subjects bytea
	CHECK (subjects IS NULL OR (subject IS NULL AND octet_length(subjects) > 16 AND octet_length(subjects) % 16 = 0));
ALTER TABLE audit_row ALTER COLUMN subjects SET STORAGE EXTERNAL;
CREATE INDEX audit_row_many ON audit_row (at_ms) WHERE subjects IS NOT NULL;
