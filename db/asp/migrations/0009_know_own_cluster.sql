-- SPDX-License-Identifier: Apache-2.0
-- A restored database is an earlier moment that takes itself for now: issue numbers
-- would be given again, stops and blocks of between are not there. PostgreSQL begins
-- a new timeline after each recovery to such a moment, a copy elsewhere has another
-- identifier: while they are not those the replica was last served from, nothing is
-- issued (kofu-server restored).

CREATE FUNCTION cluster_home() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
	  FROM pg_control_system()
$$;
ALTER TABLE tenant ADD COLUMN home text NOT NULL DEFAULT cluster_home();

GRANT SELECT (home) ON tenant TO kofu_audit; -- the chain rests meanwhile, so that its witness is not overwritten
GRANT SELECT (seq) ON audit_head TO kofu_sync;
