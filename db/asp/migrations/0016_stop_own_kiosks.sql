-- SPDX-License-Identifier: Apache-2.0
-- The kiosks that the city itself has put up in its offices, as it names them; and which of them it
-- has stopped. Rows stay: what was stopped when is in the audit.

CREATE TABLE own_kiosk (
	kiosk        text PRIMARY KEY CHECK (kiosk ~ '^[A-Za-z0-9-]{1,32}$'), -- as the center enrolled it
	place        text NOT NULL CHECK (char_length(place) BETWEEN 1 AND 80),
	stopped      boolean NOT NULL DEFAULT false,
	set_by       text NOT NULL,
	set_ms       bigint NOT NULL
);
-- Counted behind a lock, as plans are.
CREATE FUNCTION own_kiosks_bound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
	IF (SELECT count(*) FROM own_kiosk) > 200 THEN
		RAISE check_violation USING MESSAGE = 'more than two hundred kiosks';
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER own_kiosks_bound AFTER INSERT ON own_kiosk FOR EACH STATEMENT EXECUTE FUNCTION own_kiosks_bound();

GRANT SELECT ON own_kiosk TO kofu_front;
GRANT SELECT, INSERT, DELETE ON own_kiosk TO kofu_console;
GRANT UPDATE (place, stopped, set_by, set_ms) ON own_kiosk TO kofu_console;
