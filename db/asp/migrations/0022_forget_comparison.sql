-- SPDX-License-Identifier: Apache-2.0
-- A stop forgets what was compared before it: instants of a clock that was set, or of another
-- machine's, are never held against it.
CREATE OR REPLACE FUNCTION stop_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.stopped_ms := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
	NEW.compared_ms := 0;
	RETURN NEW;
END $$;
