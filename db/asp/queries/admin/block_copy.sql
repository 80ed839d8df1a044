-- SPDX-License-Identifier: Apache-2.0
-- Blocks of the register.
-- args: 6
-- rows: binary
COPY block (subject, source, rireki_no, active, kinds, at_ms) FROM STDIN (FORMAT binary)
