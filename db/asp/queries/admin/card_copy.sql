-- SPDX-License-Identifier: Apache-2.0
-- Their cards.
-- args: 5
-- rows: binary
COPY card (card, ref, rireki_no, active, sealed) FROM STDIN (FORMAT binary)
