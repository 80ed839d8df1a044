-- SPDX-License-Identifier: Apache-2.0
-- How much is planned: closures, hours, fees that are not over.
-- args: 1
-- rows: one
SELECT (SELECT count(*) FROM closure WHERE ended_ms IS NULL AND until_ms > $1::bigint),
       (SELECT count(*) FROM week WHERE ended_ms IS NULL AND from_ms > $1::bigint),
       (SELECT count(*) FROM fee WHERE ended_ms IS NULL AND from_ms > $1::bigint)
