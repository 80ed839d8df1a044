-- SPDX-License-Identifier: Apache-2.0
-- The same answer as before. Which cluster this is was read from the control file, and its sum tested,
-- at each look at a replica. It cannot change while a backend lives: each keeps it in a setting of its
-- session, behind its own process number, so that nothing else counts that may stand there (ALTER ROLE,
-- ALTER DATABASE, a conninfo, a configuration that was restored with its cluster). Where a rollback,
-- RESET or DISCARD took it away it is read again. Who writes it by hand deceives the own session alone,
-- which could as well leave out the question. The timeline is asked each time: a standby has none to
-- say and fails here, as before, until it has taken over.

CREATE OR REPLACE FUNCTION cluster_home() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	mine constant text := pg_backend_pid() || ' ';
	kept text := current_setting('kofu.system', true);
BEGIN
	IF starts_with(kept, mine) IS NOT TRUE THEN
		kept := set_config('kofu.system', mine || (SELECT system_identifier FROM pg_control_system()), false);
	END IF;
	RETURN substr(kept, length(mine) + 1) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
END
$$;
