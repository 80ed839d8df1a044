-- SPDX-License-Identifier: Apache-2.0
-- Which key directory of each municipality was in force, so that an older one is none after a
-- restart either: what it does not know to be revoked would be good again.

CREATE TABLE key_directory (
	muni         text PRIMARY KEY CHECK (muni ~ '^[0-9]{6}$'),
	seq          bigint NOT NULL CHECK (seq > 0),
	noted_ms     bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON key_directory TO kofu_center, kofu_inquiry;
