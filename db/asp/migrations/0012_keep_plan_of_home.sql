-- SPDX-License-Identifier: Apache-2.0
-- The same answer as before. A function in SQL is parsed and planned anew by each statement that
-- calls it, and every look at a replica does; one in PL/pgSQL once in a connection's life.

CREATE OR REPLACE FUNCTION cluster_home() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RETURN (SELECT system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
	          FROM pg_control_system());
END
$$;
