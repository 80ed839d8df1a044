-- SPDX-License-Identifier: Apache-2.0
-- Their newest rows, sealed, with what they are found by.
-- args: 6
-- rows: binary
COPY resident_row (ref, rireki_no, state, sealed, received_ms, keys) FROM STDIN (FORMAT binary)
