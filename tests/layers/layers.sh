#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh [ROOT]: holds the sources against docs/ARCHITECTURE.md. One line a fault, TAP at the end.
#   - common: each folder includes only what stands left of it; a site includes common and itself
#   - a third-party header in its own module only; no header that is in no list
#   - nothing outside tests/ includes or links tests/
#   - memory and unbounded texts only through common/base
#   - a name that reaches the log or an error's trail is a literal, but for the modules named here
#   - a licence line in every source (sizes: sizes.sh)
set -eu
cd "${1:-$(dirname "$0")/../..}"

ORDER="base conf wire pki db http domain backside"

# header prefix -> folders that may include it
THIRD_PARTY="
openssl/            common/pki server/seal
p11-kit/            common/pki
argon2.h            common/pki
dlfcn.h             common/pki
microhttpd.h        common/http
gnutls/             common/http
curl/               common/http
libpq-fe.h          common/db
jansson.h           common/wire
ini.h               common/conf
iconv.h              agent/source
png.h               server/issue
hpdf                server/render
hb                  server/render
ft2build.h          server/render
libdeflate.h        common/wire server/render server/seal
qrencode.h          server/render
leptonica/          center/inquiry
zbar.h              center/inquiry
pango/              center/inquiry
cairo-pdf.h         center/inquiry
seccomp.h           server/issue center/inquiry
winscard.h          kiosk/card
cups/               kiosk/print
"
SYSTEM='^(arpa/inet|assert|ctype|dirent|endian|errno|fcntl|fnmatch|getopt|glob|grp|inttypes|libgen|limits|malloc|linux/[a-z_]+|math|net/if|netdb|netinet/(in|tcp)|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|sys/[a-z_]+|sysexits|termios|time|unistd)[.]h$'
# Folders that may hand over a name that is no literal in the line itself (a query, a route).
NAMES="common/base common/db common/http server/seal"

sources() { find agent server center kiosk common tools -type f \( -name '*.c' -o -name '*.h' \) 2>/dev/null | sort; }

FOUND=$(mktemp)
trap 'rm -f "$FOUND"' EXIT

# --- includes ---
sources | xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null |
	awk -v order="$ORDER" -v third="$THIRD_PARTY" -v sys="$SYSTEM" '
BEGIN {
	n = split(order, o, " "); for (i = 1; i <= n; i++) rank[o[i]] = i
	n = split(third, line, "\n")
	for (i = 1; i <= n; i++) {
		k = split(line[i], w, " ")
		for (j = 2; j <= k; j++) may[w[1]] = may[w[1]] " " w[j] "/ "
		if (k > 0) prefix[++n_prefix] = w[1]
	}
	site["agent"] = "register"; site["server"] = "asp"; site["center"] = "center"; site["kiosk"] = "none"
}
function fault(why) { printf "%s:%s: %s: %s\n", file, at, inc, why }
function system_header(   i) {
	for (i = 1; i <= n_prefix; i++)
		if (index(inc, prefix[i]) == 1) {
			if (index(may[prefix[i]], " " folder "/ ") == 0) fault("is for" may[prefix[i]] "only")
			return
		}
	if (inc !~ sys) fault("is in no list of headers")
}
function own_header(   first) {
	first = inc; sub("/.*", "", first)
	if (first == "tests") { fault("nothing outside tests/ uses tests/"); return }
	if (inc !~ "/") return # beside the file: the compiler finds it or not
	if (first in rank) {
		if (top == "common" && !(folder_of_common in rank)) fault("the folder is in no order")
		else if (top == "common" && rank[first] > rank[folder_of_common]) fault("stands right of common/" folder_of_common)
		else if (top == "tools") fault("tools use nothing of ours")
		return
	}
	if (first == "queries") {
		if (index(inc, "queries/" site[top] "_") != 1) fault("queries of another site")
		return
	}
	if (first in site) {
		if (first != top) fault("another site")
		return
	}
	fault("is in no layer")
}
{
	match($0, /^[^:]*:/); file = substr($0, 1, RLENGTH - 1); rest = substr($0, RLENGTH + 1)
	match(rest, /^[0-9]*:/); at = substr(rest, 1, RLENGTH - 1); rest = substr(rest, RLENGTH + 1)
	split(file, p, "/"); top = p[1]; folder = p[1] "/" p[2]; folder_of_common = p[2]
	if (match(rest, /<[^>]+>/)) { inc = substr(rest, RSTART + 1, RLENGTH - 2); system_header() }
	else if (match(rest, /"[^"]+"/)) { inc = substr(rest, RSTART + 1, RLENGTH - 2); own_header() }
	else if (folder == "server/render" && rest ~ /FT_[A-Z_]+_H/) next # FreeType names its own files
	else { inc = rest; fault("is neither <...> nor \"...\"") }
}' >>"$FOUND"

# --- links ---
find . -name meson.build -not -path './tests/*' -not -path './build*' -not -path './meson.build' |
	xargs -r grep -nE "^[^#]*tests/|^[^#]*(world|dbtest)_[a-z]*_?dep" /dev/null |
	sed 's/$/: nothing outside tests\/ uses tests\//' >>"$FOUND"

# --- calls; comments and texts are no calls ---
sources | grep -v '^common/base/' | grep -v '^tools/' | xargs -r awk '
{
	s = $0
	gsub(/"([^"\\]|\\.)*"/, "", s); sub(/\/\/.*/, "", s); gsub(/\/\*.*\*\//, "", s)
	sub(/^[ \t]*\*.*/, "", s); sub(/\/\*.*/, "", s)
	if (s ~ /(^|[^A-Za-z0-9_>.])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|alloca|strcpy|stpcpy|strcat|strncat|sprintf|vsprintf|gets|strtok|setlocale|system|popen)[ \t]*[(]/)
		printf "%s:%d:%s: only through common/base\n", FILENAME, FNR, $0
}' >>"$FOUND"
for f in $(sources | xargs -r grep -lE '(^|[^A-Za-z0-9_])(log_f_lit|err_start|err_step|err_raise_|err_trace_|log_emit)[[:space:]]*\('); do
	folder=$(echo "$f" | cut -d/ -f1-2)
	case " $NAMES " in *" $folder "*) ;; *) echo "$f: use LOG_LIT, err_raise or err_trace: they take literals only" ;; esac
done >>"$FOUND"

# --- files ---
{
	sources
	find agent server center kiosk common tools db tests -type f \( -name '*.sql' -o -name '*.sh' -o -name '*.def' \
		-o -name '*.mjs' -o -name '*.js' \) -not -path '*/node_modules/*' 2>/dev/null
	find tests -type f \( -name '*.c' -o -name '*.h' \) 2>/dev/null
} | xargs -r awk '
function done_with() {
	if (last == "") return
	if (!licence) printf "%s:1: no licence line\n", last
}
FNR == 1 { done_with(); last = FILENAME; licence = 0 }
FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { licence = 1 }
END { done_with() }' >>"$FOUND"

if [ -s "$FOUND" ]; then
	sed 's/^/# /' "$FOUND"
	echo "not ok 1 - the sources keep their layers"
	echo "1..1"
	exit 1
fi
echo "ok 1 - the sources keep their layers"
echo "1..1"
