#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gen_queries_test.sh GEN-QUERIES: what the generator takes and what it refuses.
GEN=$1
. "$(dirname "$0")/../world/tap.sh"

Q=$W/q
M=$W/m
mkdir "$Q" "$M"
gen() { "$GEN" queries "$W/o.h" "$W/o.c" "$W/o.d" asp front "$Q"; }
mig() { "$GEN" migrations "$W/o.h" "$W/o.c" "$W/o.d" asp "$M"; }
put() { printf '%b' "$1" >"$Q/a.sql"; }
says() {
	text=$1
	shift
	! "$@" 2>"$W/said" && grep -q -- "$text" "$W/said"
}
# bad SENTENCE COMPLAINT FILE-TEXT
bad() {
	put "$3"
	check "$1" says "$2" gen
}
check "an empty folder gives an empty header" gen
check "a folder that is not there gives an empty header" "$GEN" queries "$W/o.h" "$W/o.c" "$W/o.d" asp front "$W/none/here"
put "-- SPDX-License-Identifier: Apache-2.0\n-- Finds it.\n-- args: 2\n-- rows: maybe\nSELECT '\$9;' /* \$8 */, \$1, \$2 -- \$7\n;\n"
check "quotes and comments hold no arguments" gen
check "the header declares the query with its purpose" grep -q "q_front_a;" "$W/o.h"
check "the purpose is its comment" grep -qF "/* Finds it. */" "$W/o.h"
check "the depfile names the folder and the file" grep -q "$Q $Q/a.sql" "$W/o.d"
put "-- In.\n-- args: 2\n-- rows: copy\nCOPY t (a, b) FROM STDIN\n"
check "a copy has a column for each argument" gen
bad "an argument that is not used is refused" 'a.sql:4: $2 is not used, but args: 2' '-- F.\n-- args: 2\n-- rows: none\nSELECT $1\n'
bad "an argument too many is refused" 'used, but args: 1' '-- F.\n-- args: 1\n-- rows: none\nSELECT $1, $2\n'
bad "argument 33 is refused" 'is no argument' '-- F.\n-- args: 1\n-- rows: none\nSELECT $33\n'
bad "a head without rows is refused" 'the head needs' '-- F.\n-- args: 0\nSELECT 1\n'
bad "a head without args is refused" 'the head needs' '-- F.\n-- rows: none\nSELECT 1\n'
bad "a head without purpose is refused" 'the head needs' '-- args: 0\n-- rows: none\nSELECT 1\n'
bad "rows of another word are refused" 'a.sql:3: rows:' '-- F.\n-- args: 0\n-- rows: some\nSELECT 1\n'
bad "args that are no number are refused" 'a.sql:2: args:' '-- F.\n-- args: x\n-- rows: none\nSELECT 1\n'
bad "args given twice are refused" 'a.sql:3: args:' '-- F.\n-- args: 0\n-- args: 0\n-- rows: none\nSELECT 1\n'
bad "two statements are refused" 'a.sql:5: one statement' '-- F.\n-- args: 0\n-- rows: none\nSELECT 1\n; SELECT 2\n'
bad "a file without a statement is refused" 'no statement' '-- F.\n-- args: 0\n-- rows: none\n\n'
bad "dollar quotes are refused" 'dollar quotes' '-- F.\n-- args: 0\n-- rows: none\nSELECT $$x$$\n'
bad "a quote without end is refused" 'has no end' "-- F.\n-- args: 0\n-- rows: none\nSELECT 'x\n"
bad "a copy with another number of columns is refused" '2 columns, but args: 3' '-- F.\n-- args: 3\n-- rows: copy\nCOPY t (a, b) FROM STDIN\n'
put "-- In.\n-- args: 2\n-- rows: binary\nCOPY t (a, b) FROM STDIN (FORMAT binary)\n"
check "a binary copy too" gen
bad "a binary copy in text form is refused" 'FORMAT binary' '-- F.\n-- args: 2\n-- rows: binary\nCOPY t (a, b) FROM STDIN\n'
bad "a copy that does not say it is binary is refused" 'nothing follows' '-- F.\n-- args: 2\n-- rows: copy\nCOPY t (a, b) FROM STDIN BINARY\n'
bad "a purpose that ends the comment is refused" 'ends a C comment' '-- F */ x.\n-- args: 0\n-- rows: none\nSELECT 1\n'
rm "$Q/a.sql"
touch "$Q/B-c.sql"
check "a name that is no C name is refused" says 'lower-case' gen
printf 'SELECT 1;\n' >"$M/0001_make_a.sql"
printf 'SELECT 2;\n' >"$M/0002_make_b.sql"
check "migrations come in order" mig
check "and are counted" grep -q "migrations_n = 2;" "$W/o.c"
mv "$M/0002_make_b.sql" "$M/0003_make_b.sql"
check "a gap between migrations is refused" says 'the next migration is 0002_' mig
done_testing
