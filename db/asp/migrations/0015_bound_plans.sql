-- SPDX-License-Identifier: Apache-2.0
-- At most a hundred plans of each sort that are not over: counted here, one planner after the other,
-- for two who count before they add pass together.

CREATE FUNCTION plans_bound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	now_ms constant bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
	n bigint;
BEGIN
	PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
	IF TG_TABLE_NAME = 'closure' THEN
		SELECT count(*) INTO n FROM closure WHERE ended_ms IS NULL AND until_ms > now_ms;
	ELSIF TG_TABLE_NAME = 'week' THEN
		SELECT count(*) INTO n FROM week WHERE ended_ms IS NULL AND from_ms > now_ms;
	ELSE
		SELECT count(*) INTO n FROM fee WHERE ended_ms IS NULL AND from_ms > now_ms;
	END IF;
	IF n > 100 THEN
		RAISE check_violation USING MESSAGE = 'more than a hundred plans';
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER plans_bound AFTER INSERT ON closure FOR EACH STATEMENT EXECUTE FUNCTION plans_bound();
CREATE TRIGGER plans_bound AFTER INSERT ON week FOR EACH STATEMENT EXECUTE FUNCTION plans_bound();
CREATE TRIGGER plans_bound AFTER INSERT ON fee FOR EACH STATEMENT EXECUTE FUNCTION plans_bound();
