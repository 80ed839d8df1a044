-- SPDX-License-Identifier: Apache-2.0
-- The same rules, said of a type instead of a table (docs/adr/0019). A table's CHECK is read and made
-- ready anew by each statement that writes the table; a domain's once in a connection's life, and an
-- UPDATE asks it only of what it sets. A column is given a domain that demands nothing yet, which
-- touches no row and no index; then the domain is told its rule, for which the rows are read once and
-- none is written.
CREATE DOMAIN octets_16 AS bytea;
CREATE DOMAIN octets_32 AS bytea;
CREATE DOMAIN number_state AS text;

ALTER TABLE nonce
	ALTER COLUMN nonce TYPE octets_32, DROP CONSTRAINT nonce_nonce_check;
ALTER TABLE session
	ALTER COLUMN id TYPE octets_16, DROP CONSTRAINT session_id_check,
	ALTER COLUMN th TYPE octets_32, DROP CONSTRAINT session_th_check;
ALTER TABLE order_log
	ALTER COLUMN order_id TYPE octets_16, DROP CONSTRAINT order_log_order_id_check,
	ALTER COLUMN oh TYPE octets_32, DROP CONSTRAINT order_log_oh_check;
ALTER TABLE issue_number
	ALTER COLUMN serial TYPE octets_16, DROP CONSTRAINT issue_number_serial_check,
	ALTER COLUMN state TYPE number_state, DROP CONSTRAINT issue_number_state_check;

ALTER DOMAIN octets_16 ADD CHECK (octet_length(VALUE) = 16);
ALTER DOMAIN octets_32 ADD CHECK (octet_length(VALUE) = 32);
ALTER DOMAIN number_state ADD CHECK (VALUE IN ('issued', 'valid', 'void')); -- valid: the kiosk said printed

-- What is known of a column goes with its type: where there are rows, it is learnt anew at once.
DO $$
DECLARE
	t regclass;
	any_row boolean;
BEGIN
	FOREACH t IN ARRAY ARRAY['nonce', 'session', 'order_log', 'issue_number']::regclass[] LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s)', t) INTO any_row;
		IF any_row THEN
			EXECUTE format('ANALYZE %s', t);
		END IF;
	END LOOP;
END $$;
