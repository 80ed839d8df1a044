/* SPDX-License-Identifier: Apache-2.0 */
#include "db/repl.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db_private.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REPL_STATUS_MS = 10 * 1000, /* below wal_sender_timeout, 60 s by default */
	REPL_SQL_BYTES = 512,
	REPL_MAX_IDENTIFIER = 63
};
static const int64_t REPL_EPOCH_2000_MS = 946684800000;

struct repl {
	PGconn *conn;
	struct repl_relations *relations;
	uint64_t confirmed;
	uint64_t delivered; /* end of the last transaction handed out */
	bool in_transaction;
	int64_t status_ms; /* when the register last heard of us */
	uint64_t reached;
	bool pinged, answered;
	int wake_fd;
};

static inline void
pg_conn_freep(PGconn **conn)
{
	PQfinish(*conn);
}
#define AUTO_CONN __attribute__((cleanup(pg_conn_freep)))

/* Notices can quote data. */
static void
repl_no_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

/* Replication commands take no arguments: what goes into their text is held to this. */
static bool
name_is_plain(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return n > 0 && n <= REPL_MAX_IDENTIFIER && s[n] == '\0';
}

static int
repl_connect(const char *conninfo, const char *mode, PGconn **ret, struct err *err)
{
	const char *const keys[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "fallback_application_name", "dbname", "client_encoding",
		mode ? "replication" : NULL, NULL };
	const char *const values[] = { "3", "10", "5", "3", "kofu-agent", conninfo, "UTF8", mode,
		NULL };
	PQconninfoOption *ok = PQconninfoParse(conninfo, NULL);
	if (ok == NULL)
		return err_raise(err, FAULT_CONFIG, "register conninfo", 0);
	PQconninfoFree(ok);
	AUTO_CONN PGconn *conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(conn) != CONNECTION_OK)
		return err_raise(err, FAULT_UNAVAILABLE, "register connect", 0);
	(void)PQsetNoticeReceiver(conn, repl_no_notice, NULL);
	/* pgoutput writes values by this session's settings. */
	AUTO_RESULT PGresult *res = PQexec(conn,
	    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';"
	    "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET statement_timeout = '60s'");
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		return err_raise(err, FAULT_UNAVAILABLE, "register session", 0);
	*ret = TAKE(conn);
	return 0;
}

/* What a failed statement means to us; its text stays here. */
static int
repl_failed(const PGresult *res, struct err *err)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	/* No such object, no right to it, a wrong server configuration: asking again is no use. */
	static const char *const lasting[] = { "42704", "42501", "55000", "42P01", "42602" };
	for (size_t i = 0; state != NULL && i < N_ELEMENTS(lasting); i++)
		if (strcmp(state, lasting[i]) == 0)
			return err_raise(err, FAULT_CONFIG, "register refuses", (long)i);
	return err_raise(err, FAULT_UNAVAILABLE, "register", 0);
}

/* *ret_there false when there is no such slot; FAULT_CONFIG when it is one of another kind. */
static int
slot_find(PGconn *conn, const char *slot, bool *ret_there, uint64_t *ret_lsn, struct err *err)
{
	AUTO_RESULT PGresult *res = PQexecParams(conn,
	    "SELECT plugin = 'pgoutput' AND database = current_database(), confirmed_flush_lsn"
	    " FROM pg_replication_slots WHERE slot_name = $1",
	    1, NULL, &slot, NULL, NULL, 0);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		return repl_failed(res, err);
	*ret_there = PQntuples(res) == 1;
	if (!*ret_there)
		return 0;
	if (strcmp(PQgetvalue(res, 0, 0), "t") != 0 ||
	    !db_lsn_parse(PQgetvalue(res, 0, 1), ret_lsn))
		return err_raise(err, FAULT_CONFIG, "slot is of another kind", 0);
	return 0;
}

int
repl_slot_ensure(
    const char *conninfo, const char *slot, bool *ret_made, uint64_t *ret_lsn, struct err *err)
{
	AUTO_CONN PGconn *conn = NULL;
	bool there = false;
	uint64_t lsn = 0;
	if (!name_is_plain(slot))
		return err_raise(err, FAULT_CONFIG, "slot name", 0);
	int r = repl_connect(conninfo, NULL, &conn, err);
	if (r == 0)
		r = slot_find(conn, slot, &there, &lsn, err);
	if (r)
		return err_trace(err, r, "slot");
	if (!there) {
		AUTO_RESULT PGresult *res = PQexecParams(conn,
		    "SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput')", 1, NULL,
		    &slot, NULL, NULL, 0);
		if (PQresultStatus(res) != PGRES_TUPLES_OK)
			return err_trace(err, repl_failed(res, err), "slot");
		if (!db_lsn_parse(PQgetvalue(res, 0, 0), &lsn))
			return err_raise(err, FAULT_INTERNAL, "slot position", 0);
	}
	*ret_made = !there;
	*ret_lsn = lsn;
	return 0;
}

void
repl_close(struct repl *r)
{
	if (r == NULL)
		return;
	PQfinish(r->conn);
	repl_relations_free(r->relations);
	mem_free(r);
}

/* The server would find out at the first change only, and end the stream each time. */
static int
publication_check(PGconn *conn, const char *publication, struct err *err)
{
	char sql[REPL_SQL_BYTES];
	(void)snprintf(
	    sql, sizeof(sql), "SELECT 1 FROM pg_publication WHERE pubname = '%s'", publication);
	AUTO_RESULT PGresult *res = PQexec(conn, sql);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		return repl_failed(res, err);
	if (PQntuples(res) != 1)
		return err_raise(err, FAULT_CONFIG, "no such publication", 0);
	return 0;
}

static int
stream_start(
    PGconn *conn, const char *slot, const char *publication, uint64_t from_lsn, struct err *err)
{
	char sql[REPL_SQL_BYTES];
	(void)snprintf(sql, sizeof(sql),
	    "START_REPLICATION SLOT \"%s\" LOGICAL %X/%X (proto_version '1', publication_names"
	    " '\"%s\"')",
	    slot, (unsigned)(from_lsn >> 32), (unsigned)from_lsn, publication);
	AUTO_RESULT PGresult *res = PQexec(conn, sql);
	if (PQresultStatus(res) != PGRES_COPY_BOTH)
		return repl_failed(res, err);
	return 0;
}

int
repl_open(const char *conninfo, const char *slot, const char *publication, uint64_t from_lsn,
    struct repl **ret, struct err *err)
{
	AUTO_CONN PGconn *conn = NULL;
	if (!name_is_plain(slot) || !name_is_plain(publication))
		return err_raise(err, FAULT_CONFIG, "slot or publication name", 0);
	int r = repl_connect(conninfo, "database", &conn, err);
	if (r == 0)
		r = publication_check(conn, publication, err);
	if (r == 0)
		r = stream_start(conn, slot, publication, from_lsn, err);
	if (r)
		return err_trace(err, r, "repl_open");
	struct repl *s = mem_zero(sizeof(*s));
	s->conn = TAKE(conn);
	s->relations = repl_relations_new();
	s->confirmed = from_lsn;
	s->status_ms = clock_mono_ms();
	s->wake_fd = -1;
	*ret = s;
	return 0;
}

void
repl_wake_by(struct repl *r, int fd)
{
	r->wake_fd = fd;
}

static int
repl_send(struct repl *r, bool ping, struct err *err)
{
	struct buf b;
	buf_init(&b, 64);
	buf_u8(&b, 'r');
	buf_u64(&b, r->confirmed); /* written */
	buf_u64(&b, r->confirmed); /* flushed: what the register may forget */
	buf_u64(&b, r->confirmed); /* applied */
	buf_u64(&b, (uint64_t)((clock_now_ms() - REPL_EPOCH_2000_MS) * 1000));
	buf_u8(&b, ping);
	bool ok =
	    PQputCopyData(r->conn, (const char *)b.p, (int)b.bytes) == 1 && PQflush(r->conn) == 0;
	buf_done(&b);
	if (!ok)
		return err_raise(err, FAULT_UNAVAILABLE, "register status", 0);
	r->status_ms = clock_mono_ms();
	return 0;
}

static int
repl_send_status(struct repl *r, struct err *err)
{
	return repl_send(r, false, err);
}

uint64_t
repl_reached(const struct repl *r)
{
	return r->reached;
}

int
repl_ping(struct repl *r, struct err *err)
{
	r->pinged = true;
	return repl_send(r, true, err);
}

int
repl_confirm(struct repl *r, uint64_t lsn, struct err *err)
{
	if (lsn > r->confirmed)
		r->confirmed = lsn;
	return repl_send_status(r, err);
}

/* With nothing of ours open, what the register has read so far was about other tables: it may be
 * forgotten too, or its WAL would grow for ever under them. */
static int
repl_keepalive(struct repl *r, struct rd *in, struct err *err)
{
	uint64_t end = rd_u64(in);
	(void)rd_u64(in); /* its clock */
	bool answer = rd_u8(in) != 0;
	if (!rd_done(in))
		return err_raise(err, FAULT_BAD_INPUT, "keepalive", 0);
	if (end > r->reached)
		r->reached = end;
	r->answered = r->pinged;
	r->pinged = false;
	if (!r->in_transaction && r->confirmed >= r->delivered && end > r->confirmed)
		r->confirmed = end;
	return answer ? repl_send_status(r, err) : 0;
}

/* One message of the stream. *ret_is_change false: it was none. */
static int
repl_take(struct repl *r, struct arena *a, const void *p, size_t bytes, struct repl_change *ret,
    bool *ret_is_change, struct err *err)
{
	struct rd in = rd_init(p, bytes);
	uint8_t what = rd_u8(&in);
	*ret_is_change = false;
	if (what == 'k')
		return repl_keepalive(r, &in, err);
	uint64_t at = rd_u64(&in);
	(void)rd_u64(&in); /* the register's end of WAL */
	(void)rd_u64(&in); /* its clock */
	if (what != 'w' || !rd_ok(&in))
		return err_raise(err, FAULT_BAD_INPUT, "stream message", what);
	size_t left = rd_left(&in);
	int rc = repl_parse(r->relations, a, rd_bytes(&in, left), left, ret, ret_is_change, err);
	if (rc || !*ret_is_change)
		return err_trace(err, rc, "repl");
	if (ret->kind == REPL_BEGIN)
		r->in_transaction = true;
	if (ret->kind == REPL_COMMIT) {
		r->in_transaction = false;
		r->delivered = ret->lsn;
	}
	if (ret->lsn == 0)
		ret->lsn = at;
	return 0;
}

/* Waits for bytes. 0, REPL_E_IDLE or FAULT_UNAVAILABLE. */
static int
repl_wait(struct repl *r, int64_t until_ms, struct err *err)
{
	int64_t left_ms = until_ms - clock_mono_ms();
	int64_t status_ms = r->status_ms + REPL_STATUS_MS - clock_mono_ms();
	if (status_ms <= 0)
		return repl_send_status(r, err);
	if (left_ms < 0)
		left_ms = 0; /* what has come by now is taken all the same */
	struct pollfd p[] = { { .fd = PQsocket(r->conn), .events = POLLIN },
		{ .fd = r->wake_fd, .events = POLLIN } };
	(void)poll(p, N_ELEMENTS(p), (int)(left_ms < status_ms ? left_ms : status_ms));
	if (p[0].revents == 0)
		return left_ms == 0 || p[1].revents != 0 ? REPL_E_IDLE : 0;
	if (PQconsumeInput(r->conn) != 1)
		return err_raise(err, FAULT_UNAVAILABLE, "register connection lost", 0);
	return 0;
}

/* The stream ended: by a fault of the register's, or it is going down. */
static int
repl_ended(struct repl *r, struct err *err)
{
	AUTO_RESULT PGresult *res = PQgetResult(r->conn);
	if (PQresultStatus(res) == PGRES_FATAL_ERROR)
		return repl_failed(res, err);
	return err_raise(err, FAULT_UNAVAILABLE, "stream ended", 0);
}

int
repl_next(struct repl *r, struct arena *a, int wait_ms, struct repl_change *ret, struct err *err)
{
	int64_t until_ms = clock_mono_ms() + wait_ms;
	for (bool is_change = false; !is_change;) {
		char *p = NULL;
		int n = PQgetCopyData(r->conn, &p, 1);
		if (n < 0)
			return err_trace(err, repl_ended(r, err), "repl_next");
		int rc = n > 0 ? repl_take(r, a, p, (size_t)n, ret, &is_change, err)
			       : repl_wait(r, until_ms, err);
		PQfreemem(p);
		if (rc)
			return err_trace(err, rc, "repl_next");
		if (r->answered) {
			r->answered = false;
			return REPL_E_IDLE;
		}
	}
	return 0;
}
