-- SPDX-License-Identifier: Apache-2.0
-- How many rows a first load has, for its progress.
-- args: 0
-- rows: one
SELECT (SELECT count(*) FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo) j)
     + (SELECT count(*) FROM (SELECT DISTINCT atena_no FROM jumin.inkan) i)
     + (SELECT count(*) FROM jumin.shomeisho)
     + (SELECT count(*) FROM (SELECT DISTINCT taisho_kubun, taisho_no FROM jumin.yokushi) y)
