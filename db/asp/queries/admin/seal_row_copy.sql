-- SPDX-License-Identifier: Apache-2.0
-- Their seals' newest rows, sealed.
-- args: 5
-- rows: binary
COPY seal_row (ref, rireki_no, state, sealed, received_ms) FROM STDIN (FORMAT binary)
