-- SPDX-License-Identifier: Apache-2.0
-- The same rules, said of a type instead of a table (docs/adr/0019). A table's CHECK is read and made
-- ready anew by each statement that writes the table; a domain's once in a connection's life, and an
-- UPDATE asks it only of what it sets. The tables that each order and each batch write. A column is
-- given a domain that demands nothing yet, which touches no row and no index; then the domain is told
-- its rule, for which the rows are read once and none is written.
CREATE DOMAIN octets_16 AS bytea;
CREATE DOMAIN octets_32 AS bytea;
CREATE DOMAIN issue_state AS smallint;
CREATE DOMAIN copy_state AS smallint;
CREATE DOMAIN audit_source AS smallint;
CREATE DOMAIN audit_kind AS smallint;

ALTER TABLE issue
	ALTER COLUMN order_id TYPE octets_16, DROP CONSTRAINT issue_order_id_check,
	ALTER COLUMN th TYPE octets_32, DROP CONSTRAINT issue_th_check,
	ALTER COLUMN oh TYPE octets_32, DROP CONSTRAINT issue_oh_check,
	ALTER COLUMN state TYPE issue_state, DROP CONSTRAINT issue_state_check;
ALTER TABLE issue_copy
	ALTER COLUMN serial TYPE octets_16, DROP CONSTRAINT issue_copy_serial_check,
	ALTER COLUMN state TYPE copy_state, DROP CONSTRAINT issue_copy_state_check;
ALTER TABLE audit_row
	ALTER COLUMN uid TYPE octets_16, DROP CONSTRAINT audit_row_uid_check,
	ALTER COLUMN source TYPE audit_source, DROP CONSTRAINT audit_row_source_check,
	ALTER COLUMN kind TYPE audit_kind, DROP CONSTRAINT audit_row_kind_check,
	ALTER COLUMN actor TYPE octets_16, DROP CONSTRAINT audit_row_actor_check,
	ALTER COLUMN subject TYPE octets_16, DROP CONSTRAINT audit_row_subject_check;
ALTER TABLE stream
	ALTER COLUMN hash TYPE octets_32, DROP CONSTRAINT stream_hash_check,
	ALTER COLUMN session TYPE octets_16, DROP CONSTRAINT stream_session_check;
ALTER TABLE batch
	ALTER COLUMN hash TYPE octets_32, DROP CONSTRAINT batch_hash_check;

ALTER DOMAIN octets_16 ADD CHECK (octet_length(VALUE) = 16);
ALTER DOMAIN octets_32 ADD CHECK (octet_length(VALUE) = 32);
ALTER DOMAIN issue_state ADD CHECK (VALUE IN (1, 2, 3, 4));  -- 1 issued, 2 released, 3 reported, 4 refused at release
ALTER DOMAIN copy_state ADD CHECK (VALUE IN (1, 2, 3));      -- 1 issued, 2 printed, 3 void
ALTER DOMAIN audit_source ADD CHECK (VALUE IN (1, 2, 3, 4)); -- 1 console, 2 stream, 3 issue, 4 operator
ALTER DOMAIN audit_kind ADD CHECK (VALUE IN (1, 2, 3, 4));   -- 1 read, 2 write, 3 refused, 4 log-in

-- What is known of a column goes with its type: where there are rows, it is learnt anew at once.
DO $$
DECLARE
	t regclass;
	any_row boolean;
BEGIN
	FOREACH t IN ARRAY ARRAY['issue', 'issue_copy', 'audit_row', 'stream', 'batch']::regclass[] LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s)', t) INTO any_row;
		IF any_row THEN
			EXECUTE format('ANALYZE %s', t);
		END IF;
	END LOOP;
END $$;
