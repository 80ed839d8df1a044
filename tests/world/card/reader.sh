# SPDX-License-Identifier: Apache-2.0
# reader.sh - sourced after tap.sh: a private pcscd with two virtual readers.
#
#   reader_need                   skips the test when pcscd or vpcd is not installed
#   reader_start PRIVATE LOOPBACK sets PORT (the second reader is PORT + 1), PCSCD and
#                                 PCSCLITE_CSOCK_NAME; readers "Kiosk 00 00", "Kiosk 00 01"
#   card_in EMULATOR ARGS...      inserts a card; sets CARD. Use --connect $PORT
#   card_out                      removes it and waits until pcscd has seen it
IFD_VPCD=/usr/lib/pcsc/drivers/serial/libifdvpcd.so

reader_need() {
	command -v pcscd >/dev/null || [ -x /usr/sbin/pcscd ] || skip "pcscd is not installed (Debian package pcscd)"
	[ -e "$IFD_VPCD" ] || skip "vpcd is not installed (Debian package vsmartcard-vpcd)"
}

port_is_free() { ! ss -ltnH "sport = :$1" | grep -q .; }

# Children end with the test even when it is killed outright (setpriv --pdeathsig).
# vpcd makes two slots on two neighbouring ports. Another run may take the pair between
# the look and the bind; then pcscd has no listener and the next pair is tried.
reader_start() {
	mkdir "$W/conf"
	for try in 1 2 3 4 5 6 7 8; do
		PORT=$((20000 + ($(od -An -N2 -tu2 /dev/urandom) % 19000) / 2 * 2))
		port_is_free $PORT && port_is_free $((PORT + 1)) || continue
		printf 'FRIENDLYNAME "Kiosk"\nDEVICENAME /dev/null:%d\nLIBPATH %s\nCHANNELID %d\n' \
			$PORT "$IFD_VPCD" $PORT >"$W/conf/vpcd"
		LD_PRELOAD=$2 setpriv --pdeathsig TERM "$1" "$W/pcscd.sock" "$W/conf" --critical >"$W/pcscd.log" 2>&1 &
		PCSCD=$!
		if until_ok 5 reader_listens $PCSCD; then
			child $PCSCD
			export PCSCLITE_CSOCK_NAME="$W/pcscd.sock"
			return 0
		fi
		kill $PCSCD 2>/dev/null || :
		wait $PCSCD 2>/dev/null || :
	done
	echo "no pcscd could be started"
	cat "$W/pcscd.log"
	exit 1
}
reader_listens() {
	ss -ltnpH "sport = :$PORT" | grep -q "127.0.0.1:$PORT .*pid=$1," &&
		ss -ltnpH "sport = :$((PORT + 1))" | grep -q "pid=$1,"
}

card_is_in() { opensc-tool -l 2>/dev/null | grep -q ' Yes '; }
card_is_out() { ! card_is_in; }
card_in() {
	setpriv --pdeathsig TERM "$@" &
	CARD=$!
	child $CARD
	until_ok 5 card_is_in
}
card_out() {
	kill $CARD 2>/dev/null || :
	wait $CARD 2>/dev/null || :
	until_ok 5 card_is_out
}
