-- SPDX-License-Identifier: Apache-2.0
-- The data key is replaced while serving (server/admin/rotate.h): what is sealed says under
-- which generation, and nothing is written under another than tenant.data_gen.

ALTER TABLE tenant ADD COLUMN data_gen integer NOT NULL DEFAULT 1 CHECK (data_gen BETWEEN 1 AND 64); -- wrapped_key's
ALTER TABLE tenant ADD COLUMN ring_seq bigint NOT NULL DEFAULT 1; -- grows with each change of the keys
-- The other keys: use 1 a data key that is not yet, or no more, written under; 2 the reference
-- key; 3 what opens the audit's rows of a generation that is gone (server/seal/seal.h).
CREATE TABLE data_key (
	use          smallint NOT NULL CHECK (use IN (1, 2, 3)),
	gen          integer NOT NULL CHECK (gen BETWEEN 0 AND 64),
	wrapped      bytea NOT NULL CHECK (octet_length(wrapped) = 60),
	made_ms      bigint NOT NULL,
	PRIMARY KEY (use, gen)
);

-- A card's keyed hash ends with its generation, but for the first.
ALTER TABLE card DROP CONSTRAINT card_card_check;
ALTER TABLE card ADD CONSTRAINT card_card_check CHECK (octet_length(card) IN (16, 18));

-- As domain/vault.h lays it down.
CREATE FUNCTION sealed_gen(sealed bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN substr(sealed, 1, 6) IN ('\x6b6f6675f501', '\x6b6f6675f502')
	            THEN get_byte(sealed, 6) * 256 + get_byte(sealed, 7) ELSE 1 END
$$;
CREATE FUNCTION hash_gen(hash bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN octet_length(hash) = 18 THEN get_byte(hash, 16) * 256 + get_byte(hash, 17) ELSE 1 END
$$;

-- Who writes holds this until the end of the transaction; who changes data_gen waits for them and
-- they for him. Read behind the lock, so that it is the newest.
CREATE FUNCTION write_gen() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(1802462837);
	RETURN (SELECT data_gen FROM tenant);
END $$;
-- A serialization failure: the program looks at its keys and does it again.
CREATE FUNCTION sealed_refuse() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE serialization_failure USING MESSAGE = 'sealed under a data key that is not written under';
END $$;
CREATE FUNCTION sealed_rows_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now integer := write_gen();
BEGIN
	IF EXISTS (SELECT FROM came WHERE sealed_gen(sealed) <> now) THEN PERFORM sealed_refuse(); END IF;
	RETURN NULL;
END $$;
CREATE FUNCTION sealed_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.sealed IS NOT NULL AND sealed_gen(NEW.sealed) <> write_gen() THEN PERFORM sealed_refuse(); END IF;
	RETURN NEW;
END $$;
CREATE FUNCTION issue_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF hash_gen(NEW.card) <> write_gen() THEN PERFORM sealed_refuse(); END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER resident_row_fence AFTER INSERT ON resident_row
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION sealed_rows_fence();
CREATE TRIGGER seal_row_fence AFTER INSERT ON seal_row
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION sealed_rows_fence();
CREATE TRIGGER card_fence AFTER INSERT ON card
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION sealed_rows_fence();
CREATE TRIGGER resident_row_fence_again BEFORE UPDATE OF sealed ON resident_row FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER seal_row_fence_again BEFORE UPDATE OF sealed ON seal_row FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER card_fence_again BEFORE UPDATE OF sealed ON card FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER staff_fence BEFORE INSERT OR UPDATE OF sealed ON staff FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER stop_fence BEFORE INSERT OR UPDATE OF sealed ON stop FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER survey_fence BEFORE INSERT OR UPDATE OF sealed ON survey FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER reissue_fence BEFORE INSERT OR UPDATE OF sealed ON reissue FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER imprint_fence BEFORE INSERT OR UPDATE OF sealed ON imprint FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER audit_row_fence BEFORE INSERT OR UPDATE OF sealed ON audit_row FOR EACH ROW EXECUTE FUNCTION sealed_fence();
CREATE TRIGGER issue_fence BEFORE INSERT OR UPDATE OF card ON issue FOR EACH ROW EXECUTE FUNCTION issue_fence();

GRANT SELECT ON data_key TO kofu_front, kofu_sync, kofu_console;
GRANT UPDATE ON data_key TO kofu_sync; -- kofu-server key rotate wraps them anew
