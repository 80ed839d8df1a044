-- SPDX-License-Identifier: Apache-2.0
-- The banks' API keys, as hashes only; and which of a bank's requests was which
-- inquiry, so that one sent twice is one inquiry. Neither tells of a paper.

CREATE TABLE inquiry_key (
	id           text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{12}$'),
	name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
	hash         bytea NOT NULL CHECK (octet_length(hash) = 32), -- SHA-256 of the secret part
	per_minute   integer NOT NULL CHECK (per_minute BETWEEN 1 AND 6000),
	made_ms      bigint NOT NULL,
	revoked_ms   bigint
);

CREATE TABLE inquiry_request (
	key_id       text NOT NULL REFERENCES inquiry_key,
	idem         bytea NOT NULL CHECK (octet_length(idem) = 32), -- SHA-256 of the Idempotency-Key
	asked        bytea NOT NULL CHECK (octet_length(asked) = 32), -- what was asked, under that key
	inquiry      text NOT NULL,
	at_ms        bigint NOT NULL,
	PRIMARY KEY (key_id, idem)
);
CREATE INDEX inquiry_request_at ON inquiry_request (at_ms);

GRANT SELECT ON inquiry_key TO kofu_inquiry;
GRANT SELECT, INSERT, DELETE ON inquiry_request TO kofu_inquiry;
