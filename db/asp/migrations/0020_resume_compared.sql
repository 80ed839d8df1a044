-- SPDX-License-Identifier: Apache-2.0
-- A stop is lifted once register and replica were compared behind it (kofu-server resume). Both
-- instants are this database's own, in milliseconds; who was stopped before there were any is
-- compared once.

ALTER TABLE tenant ADD COLUMN stopped_ms bigint NOT NULL DEFAULT 0; -- the newest stop
ALTER TABLE tenant ADD COLUMN compared_ms bigint NOT NULL DEFAULT 0; -- when the newest reconciliation began that left nobody open

-- Whoever stops, by whatever statement.
CREATE FUNCTION stop_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.stopped_ms := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
	RETURN NEW;
END $$;
CREATE TRIGGER tenant_stop_begins BEFORE UPDATE OF stopped ON tenant FOR EACH ROW
	WHEN (NEW.stopped IS NOT NULL AND NEW.stopped IS DISTINCT FROM OLD.stopped) EXECUTE FUNCTION stop_begins();
