-- SPDX-License-Identifier: Apache-2.0
-- Numbers that their municipality voided, apart from what the kiosk reported of them: either may
-- come first, and a void of the city is not taken back by a kiosk's word.

CREATE TABLE void_number (
	number       text PRIMARY KEY CHECK (number ~ '^[0-9A-Za-z-]{1,64}$'),
	muni         text NOT NULL,
	at_ms        bigint NOT NULL
);
CREATE INDEX void_number_muni ON void_number (muni);

GRANT SELECT, INSERT, UPDATE (number) ON void_number TO kofu_center;
GRANT SELECT ON void_number TO kofu_inquiry;
