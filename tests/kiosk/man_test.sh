#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# man_test.sh KOFU-KIOSK: each option, key, exit status and unit of the program stands in its manual, and the manual's
# example configuration is a good one.
set -u
kiosk=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
man=$root/docs/man/kofu-kiosk.8
dir=$(mktemp -d /tmp/kofu-man.XXXXXX)
trap 'rm -rf "$dir"' EXIT
n=0
bad=0
ok() { # status, name
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else bad=1; echo "not ok $n - $2"; fi
}
# roff writes "\-" for a hyphen that stays one
text() { sed 's/\\-/-/g' "$man"; }

missing=0
for option in $("$kiosk" --help | grep -oE -- '(^|[^a-z-])--[a-z-]+|(^| )-n' | tr -d ' ([|'); do
	text | grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" || { echo "# no $option"; missing=1; }
done
ok $missing "every option of the usage text is in the manual"

missing=0
for key in $(sed -n 's/^\tROW("\([a-z]*\)", "\([a-z0-9_]*\)".*/\1.\2/p' "$root/kiosk/kiosk_conf.c"); do
	section=${key%%.*} name=${key#*.}
	text | awk -v s="[$section]" -v k="$name" '
		/^\.S[SH]/ { in_it = index($0, s) > 0 }
		in_it && /^\.BR? / { line = " " $0 " "; gsub(/[",]/, " ", line); if (index(line, " " k " ")) found = 1 }
		END { exit !found }' || { echo "# no [$section] $name"; missing=1; }
done
ok $missing "every key of the configuration is in the manual, in its section"

missing=0
for status in $("$kiosk" --help | tail -3 | grep -oE '[0-9]+ [a-z]' | cut -d' ' -f1); do
	text | sed -n '/^.SH EXIT STATUS/,/^.SH SECURITY/p' | grep -qE "(^|[ ,.])$status " || { echo "# no $status"; missing=1; }
done
ok $missing "every exit status is in the manual"

mkdir "$dir/journal"
touch "$dir/crt"
sed -n '/^```ini$/,/^```$/p' "$root/docs/KIOSK.md" | grep -v '^```' |
	sed "s#/var/lib/kofu-kiosk#$dir/journal#; s#/etc/kofu/[a-z.]*#$dir/crt#" >"$dir/good.conf"
"$kiosk" --check-config "$dir/good.conf" | grep -q ': good$'
ok $? "the example of docs/KIOSK.md is good"

refused() { # name, sed expression
	sed "$2" "$dir/good.conf" >"$dir/bad.conf"
	if cmp -s "$dir/good.conf" "$dir/bad.conf"; then ok 1 "$1 (changes nothing)"; return; fi
	out=$("$kiosk" -n "$dir/bad.conf" 2>&1)
	[ $? = 78 ] && [ -n "$out" ]
	ok $? "refused with 78 and a word: $1"
}
refused "an unknown key" 's/^id = /name = /'
refused "an unknown section" 's/^\[till\]/[cash]/'
refused "a key set twice" 's/^\(id = .*\)/\1\n\1/'
refused "a missing key" '/^socket/d'
refused "a port past its range" 's/^\[kiosk\]/[kiosk]\nport = 65536/'
refused "a center without TLS" 's#^url = https#url = http#'
refused "a second center without TLS" 's#^\(url = .*\)#\1\nurl2 = http://center.example#'
refused "a printer of another scheme" 's#ipps://#lpd://#'
refused "ipps without a pin" '/^pin/d'
refused "a pin with ipp" 's#ipps://#ipp://#'
refused "a pin that is no hex" 's/^pin = 00/pin = zz/'
refused "a short pin" 's/^pin = 00/pin = /'
refused "a certificate that is not there" 's#^cert = .*#cert = /nonexistent#'
refused "a journal folder that is not there" 's#^journal = .*#journal = /nonexistent#'
refused "a line of 200 bytes" "s#^help_phone = .*#help_phone = $(printf '%0187d' 0)#"
# A kiosk in a city hall says which one, and when.
hall='[hall]\nmuni = 991015\nname = 架空市\nphone = 000-0000-0101\nopen = 08:30\nclose = 17:15'
sed "s/^\[till\]/$hall\n[till]/" "$dir/good.conf" >"$dir/hall.conf"
"$kiosk" --check-config "$dir/hall.conf" | grep -q ': good$'
ok $? "a kiosk in a city hall is good"
mv "$dir/hall.conf" "$dir/good.conf"
refused "a municipality with a wrong check digit" 's/^muni = .*/muni = 991016/'
refused "a city hall without its name" '/^name = /d'
refused "hours that end before they begin" 's/^close = .*/close = 08:30/'
refused "hours that are none" 's/^open = .*/open = 8h30/'
refused "screens that hardly wait" 's/^\[kiosk\]/[kiosk]\nwaits_percent = 9/'
refused "telephones that are neither yes nor no" 's/^\[till\]/[card]\ntelephones = maybe\n[till]/'

# The units name what is installed, and nothing that the program lacks.
missing=0
for unit in kofu-kiosk kofu-kiosk-screen; do
	grep -q '^LimitCORE=0' "$root/kiosk/screen/$unit.service" || missing=1
done
grep -q '^ExecStart=/usr/bin/kofu-kiosk run ' "$root/kiosk/screen/kofu-kiosk.service" || missing=1
grep -q '^ProtectProc=' "$root/kiosk/screen/kofu-kiosk.service" && missing=1
ok $missing "the units write no core and leave pcscd's arguments readable"

# The screen's token is in no argument, and its start page is for its user alone.
mkdir "$dir/credentials" "$dir/runtime" "$dir/bin"
printf '%064d' 7 >"$dir/credentials/token"
printf '#!/bin/sh\nprintf "%%s\\n" "$@" >"%s/args"\n' "$dir" >"$dir/bin/cage"
chmod +x "$dir/bin/cage"
PATH=$dir/bin:$PATH CREDENTIALS_DIRECTORY=$dir/credentials RUNTIME_DIRECTORY=$dir/runtime \
	"$root/kiosk/screen/kiosk-screen"
[ $? = 0 ] && grep -q "^file://$dir/runtime/start.html\$" "$dir/args" && ! grep -q 00000007 "$dir/args" &&
	grep -q "url=http://127.0.0.1:8701/#$(printf '%064d' 7)" "$dir/runtime/start.html" &&
	[ "$(stat -c %a "$dir/runtime/start.html")" = 600 ]
ok $? "the screen hands the token over by a file of its own, never by an argument"
echo "1..$n"
exit $bad
