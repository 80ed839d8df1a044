-- SPDX-License-Identifier: Apache-2.0
-- Their newest rows, sealed.
-- args: 5
-- rows: binary
COPY resident_row (ref, rireki_no, state, sealed, received_ms) FROM STDIN (FORMAT binary)
