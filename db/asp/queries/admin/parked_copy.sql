-- SPDX-License-Identifier: Apache-2.0
-- Who could not be read.
-- args: 5
-- rows: copy
COPY parked (epoch, seq, ref, code, at_ms) FROM STDIN
