-- SPDX-License-Identifier: Apache-2.0
-- What a person is found by, in a B-tree for each of the three keys that all but a few have, and in
-- the inverted index for those few alone (docs/adr/0024).
DROP INDEX person_keys;
CREATE INDEX person_key_1 ON person ((keys[1]));
CREATE INDEX person_key_2 ON person ((keys[2]));
CREATE INDEX person_key_3 ON person ((keys[3]));
CREATE INDEX person_keys_more ON person USING gin (keys) WHERE cardinality(keys) > 3;
