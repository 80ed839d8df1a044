-- SPDX-License-Identifier: Apache-2.0
-- Everybody of the first load.
-- args: 6
-- rows: binary
COPY person (ref, household, narabi, state, rireki_no, version) FROM STDIN (FORMAT binary)
