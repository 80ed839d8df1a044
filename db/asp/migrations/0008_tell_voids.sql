-- SPDX-License-Identifier: Apache-2.0
-- Issue numbers that the city voided and the center does not know of yet.

CREATE TABLE void_outbox (
	number       text PRIMARY KEY,
	at_ms        bigint NOT NULL
);
CREATE INDEX void_outbox_at ON void_outbox (at_ms);
-- Those of before.
INSERT INTO void_outbox (number, at_ms) SELECT number, 0 FROM issue_copy WHERE state = 3 AND reason = 'city';

GRANT INSERT ON void_outbox TO kofu_console;
GRANT SELECT, DELETE ON void_outbox TO kofu_sync;
