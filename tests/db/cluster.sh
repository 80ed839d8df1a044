#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL in a folder of its own: a Unix socket there, no TCP, logical WAL (KOFU_PG_WAL: another level).
#   cluster.sh start DIR [PID]   makes DIR, prints a conninfo; ends by itself when PID is gone
#   cluster.sh stop DIR          ends it and removes DIR
#   cluster.sh halt DIR          ends it and keeps its data
#   cluster.sh crash DIR         ends it as a power cut would, and keeps its data
#   cluster.sh follow DIR FIRST  makes DIR a hot standby of the cluster in FIRST
#   cluster.sh promote DIR       makes it the one that writes
#   cluster.sh resume DIR        starts it again, when it does not run
# KOFU_PG_FSYNC=on makes it durable (default off: a test's data outlives nothing).
# As root the server runs as the user postgres, which Debian's package makes.
set -eu
[ $# -ge 2 ] || { sed -n '3,12s/^# //p' "$0" >&2; exit 2; }
DO=$1
DIR=$2
case $0 in /*) SELF=$0 ;; *) SELF=$PWD/$0 ;; esac
BIN=
for d in /usr/lib/postgresql/*/bin; do [ -x "$d/initdb" ] && BIN=$d; done
[ -n "$BIN" ] || { echo "cluster.sh: no PostgreSQL server under /usr/lib/postgresql" >&2; exit 1; }

as_server() {
	if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

cluster_stop() {
	[ -f "$DIR/data/postmaster.pid" ] && (cd / && as_server "$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop >/dev/null 2>&1) || :
	rm -rf "$DIR"
}

cluster_make() {
	mkdir -p "$DIR"
	chmod 700 "$DIR"
	[ "$(id -u)" != 0 ] || chown postgres "$DIR"
	cd / # the server's user may not be let into the caller's folder
	as_server "$BIN/initdb" -D "$DIR/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync >"$DIR/initdb.log" 2>&1 ||
		{ cat "$DIR/initdb.log" >&2; exit 1; }
	cat >>"$DIR/data/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$DIR'
		unix_socket_permissions = 0777
		wal_level = ${KOFU_PG_WAL:-logical}
		track_commit_timestamp = on
		max_wal_senders = 10
		max_replication_slots = 20
		max_connections = 400
		shared_buffers = 128MB
		fsync = ${KOFU_PG_FSYNC:-off}
		full_page_writes = ${KOFU_PG_FSYNC:-off}
		log_min_messages = warning
		log_error_verbosity = terse
		log_line_prefix = '%m [%p] %u@%d '
		timezone = 'Asia/Tokyo'
	CONF
	cluster_run
}

cluster_run() {
	as_server "$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/log" -w -t 60 start >/dev/null ||
		{ tail -n 20 "$DIR/log" >&2; exit 1; }
}

cluster_runs() { (cd / && as_server "$BIN/pg_ctl" -D "$DIR/data" status >/dev/null 2>&1); }

cluster_follow() { # FIRST
	mkdir -p "$DIR"
	chmod 700 "$DIR"
	[ "$(id -u)" != 0 ] || chown postgres "$DIR"
	cd /
	as_server "$BIN/pg_basebackup" -D "$DIR/data" -R -X stream -c fast -d "host=$1 user=postgres application_name=kofu_follower" >"$DIR/backup.log" 2>&1 ||
		{ cat "$DIR/backup.log" >&2; exit 1; }
	echo "unix_socket_directories = '$DIR'" >>"$DIR/data/postgresql.conf"
	cluster_run
}

case $DO in
start)
	case $DIR in /*) ;; *) DIR=$PWD/$DIR ;; esac
	[ ! -e "$DIR/data" ] || { echo "cluster.sh: $DIR is in use" >&2; exit 1; }
	cluster_make
	if [ $# -ge 3 ]; then
		# The watcher is of no group or session of its caller's, who may be killed with all of it.
		setsid sh "$SELF" watch "$DIR" "$3" </dev/null >/dev/null 2>&1 &
	fi
	echo "host=$DIR user=postgres dbname=postgres"
	;;
stop) cluster_stop ;;
halt) ! cluster_runs || (cd / && as_server "$BIN/pg_ctl" -D "$DIR/data" -m fast -w stop >/dev/null) ;;
crash) ! cluster_runs || (cd / && as_server "$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop >/dev/null) ;;
follow) cluster_follow "$3" ;;
promote) (cd / && as_server "$BIN/pg_ctl" -D "$DIR/data" -w promote >/dev/null) ;;
resume) cluster_runs || (cd / && cluster_run) ;;
watch)
	while kill -0 "$3" 2>/dev/null; do sleep 1; done
	cluster_stop
	;;
*) echo "cluster.sh: start, stop, halt, crash, follow, promote or resume" >&2; exit 2 ;;
esac
