-- SPDX-License-Identifier: Apache-2.0
-- Kiosks that were cut off while the center serves: stolen, tampered with, given back.

CREATE TABLE kiosk_cut (
	kiosk        text PRIMARY KEY CHECK (char_length(kiosk) BETWEEN 1 AND 64),
	since_ms     bigint NOT NULL,
	by           text NOT NULL
);
-- Each cut and each return, with its time and who said so.
CREATE TABLE kiosk_cut_log (
	kiosk        text NOT NULL,
	at_ms        bigint NOT NULL,
	cut          boolean NOT NULL,
	by           text NOT NULL
);
GRANT SELECT ON kiosk_cut TO kofu_center;
