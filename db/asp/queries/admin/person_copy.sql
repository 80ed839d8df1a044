-- SPDX-License-Identifier: Apache-2.0
-- Everybody of the first load, with what they are found by.
-- args: 7
-- rows: binary
COPY person (ref, household, narabi, state, rireki_no, version, keys) FROM STDIN (FORMAT binary)
