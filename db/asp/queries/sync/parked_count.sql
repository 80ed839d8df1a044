-- SPDX-License-Identifier: Apache-2.0
-- How many persons are parked.
-- args: 0
-- rows: one
SELECT count(*) FROM person WHERE parked
