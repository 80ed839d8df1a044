-- SPDX-License-Identifier: Apache-2.0
-- What a kiosk can make grow is counted per kiosk and per session; a stop tells why
-- and who lifted it; and a nonce remembers nothing but whose it is.

CREATE INDEX nonce_kiosk ON nonce (kiosk, made_ms);
CREATE INDEX session_expires ON session (expires_ms);
CREATE INDEX order_log_session ON order_log (session);
CREATE INDEX directory_muni ON directory (muni);

-- Stops and lifts, each with its time: what happened, for those who come after.
CREATE TABLE muni_stop_log (
	muni         text NOT NULL,
	at_ms        bigint NOT NULL,
	stopped      text,          -- the code; NULL = lifted
	by           text NOT NULL  -- "center", "operator", or the two names that lifted it
);
GRANT SELECT, INSERT ON muni_stop_log TO kofu_center;
