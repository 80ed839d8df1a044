-- SPDX-License-Identifier: Apache-2.0
-- The cards of the first load, for the center.
-- args: 3
-- rows: binary
COPY directory_outbox (issuer, serial, claim) FROM STDIN (FORMAT binary)
