#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers_test.sh: the check of layers finds what it is there for.
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../world/tap.sh"

T=$W/tree
tree() {
	rm -rf "$T"
	mkdir -p "$T/agent" "$T/server/front" "$T/center" "$T/kiosk" "$T/common/base" "$T/common/wire" "$T/common/db" "$T/tools" "$T/db" "$T/tests"
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n#include "base/err.h"\n#include <stdio.h>\n' >"$T/common/wire/good.c"
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n#include "queries/asp_front.h"\n#include "server/front/x.h"\n/* free( */ int f = q_free("free(");\n' >"$T/server/front/good.c"
}
layers() { sh "$HERE/layers.sh" "$T" >"$W/said" 2>&1; }
# finds SENTENCE FILE LINE-OF-C COMPLAINT
finds() {
	tree
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n%b\n' "$3" >"$T/$2"
	check "$1" said "$2" "$4"
}
said() { ! layers && grep -q "^# \(\./\)\?$1.*$2" "$W/said"; }

tree
check "a good tree passes" layers
finds "an include to the right is found" common/base/a.c '#include "wire/js.h"' 'stands right of common/base'
finds "an include of another site is found" agent/a.c '#include "server/front/x.h"' 'another site'
finds "a site in common is found" common/wire/a.h '#include "server/front/x.h"' 'another site'
finds "queries of another site are found" agent/a.c '#include "queries/asp_front.h"' 'queries of another site'
finds "an include of tests is found" server/front/a.c '#include "tests/unit/unit.h"' 'nothing outside tests'
finds "a folder of no layer is found" server/front/a.c '#include "else/x.h"' 'is in no layer'
finds "OpenSSL outside pki is found" common/wire/a.c '#include <openssl/evp.h>' 'is for common/pki'
finds "libpq in a site is found" server/front/a.c '#include <libpq-fe.h>' 'is for common/db'
finds "an unknown header is found" server/front/a.c '#  include <foo.h>' 'is in no list'
finds "locale.h is found" server/front/a.c '#include <locale.h>' 'is in no list'
finds "malloc is found" server/front/a.c 'void *p = malloc(3);' 'only through common/base'
finds "free behind a text is found" server/front/a.c '\tputs("x"); free (p);' 'only through common/base'
finds "sprintf is found" common/wire/a.c '\tsprintf(p, "x");' 'only through common/base'
finds "a log name that may be no literal is found" server/front/a.c '\tlog_f_lit("a", p);' 'literals only'
tree
echo 'int x;' >"$T/kiosk/a.c"
check "a file without its licence is found" said kiosk/a.c 'no licence line'
tree
echo 'SELECT 1' >"$T/db/a.sql"
check "and so is SQL" said db/a.sql 'no licence line'
tree
echo "executable('x', dependencies: world_tool_dep)" >"$T/kiosk/meson.build"
check "a link to the world is found" said kiosk/meson.build 'nothing outside tests'
done_testing
