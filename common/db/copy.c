/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPY in its text form, which takes every column type, or in the binary one (PostgreSQL
 * manual, COPY, "File Formats").
 */
#include "base/bytes.h"
#include "base/mem.h"
#include "db/db_private.h"

#include <string.h>

enum {
	COPY_PIECE_BYTES = 64 * 1024,         /* sent when so much is there */
	COPY_MAX_ROW_BYTES = 64 * 1024 * 1024 /* of one row, in text form */
};

struct db_copy {
	struct db *db;
	const struct db_query *q;
	struct buf line;
	bool failed;
};

int
db_copy_begin(struct db *db, const struct db_query *q, struct db_copy **ret, struct err *err)
{
	static const uint8_t head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* and a NUL, not sent */
	if (q->rows != DB_ROWS_COPY && q->rows != DB_ROWS_BINARY)
		return err_raise(err, FAULT_INTERNAL, "query is no copy", 0);
	/* A first load takes longer than a statement may. */
	int r = db_exec(db, "SET statement_timeout = 0", q->name, err);
	if (r)
		return err_fold(err, r, "copy");
	AUTO_RESULT PGresult *res = PQexec(db->conn, q->sql);
	if (PQresultStatus(res) != PGRES_COPY_IN)
		return db_failed(db, res, q->name, err);
	struct db_copy *c = mem_zero(sizeof(*c));
	c->db = db;
	c->q = q;
	buf_init(&c->line, COPY_PIECE_BYTES + COPY_MAX_ROW_BYTES);
	if (q->rows == DB_ROWS_BINARY)
		buf_put(&c->line, head, 11 + 4 + 4); /* signature, flags, further head */
	*ret = c;
	return 0;
}

static void
copy_put_text(struct buf *b, const char *s, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		const char *at = memchr("\\\t\n\r", s[i], 4);
		if (at == NULL) {
			buf_u8(b, (uint8_t)s[i]);
			continue;
		}
		buf_u8(b, '\\');
		buf_u8(b, (uint8_t) "\\tnr"[at - (const char *)"\\\t\n\r"]);
	}
}

static void
copy_put_bytes(struct buf *b, const uint8_t *p, size_t bytes)
{
	char hex[3];
	buf_text(b, "\\\\x");
	for (size_t i = 0; i < bytes; i++) {
		text_hex_format(p + i, 1, hex);
		buf_put(b, hex, 2);
	}
}

/* False for a number in text form, which has no width. */
static bool
copy_put_field(struct buf *b, const struct db_arg *a)
{
	if (a->wide > 0 && a->p == NULL)
		buf_field32(b, a->number, a->wide);
	else if (a->p != NULL)
		buf_field32(b, a->p, a->bytes);
	else if (a->number[0] == '\0')
		buf_u32(b, UINT32_MAX); /* NULL */
	else
		return false;
	return true;
}

static void
copy_put_arg(struct buf *b, const struct db_arg *a)
{
	if (a->p == NULL && a->number[0] == '\0')
		buf_text(b, "\\N");
	else if (a->p == NULL)
		buf_text(b, a->number);
	else if (a->binary)
		copy_put_bytes(b, a->p, a->bytes);
	else
		copy_put_text(b, a->p, a->bytes);
}

static int
copy_flush(struct db_copy *c, struct err *err)
{
	if (c->line.bytes > 0 &&
	    PQputCopyData(c->db->conn, (const char *)c->line.p, (int)c->line.bytes) != 1) {
		c->failed = true;
		return db_failed(c->db, NULL, c->q->name, err);
	}
	c->line.bytes = 0;
	return 0;
}

/* False when an argument does not fit the copy's form. */
static bool
copy_put_row(const struct db_query *q, struct buf *b, const struct db_arg *args, unsigned n)
{
	bool fits = n == q->n_args;
	if (q->rows == DB_ROWS_BINARY) {
		buf_u16(b, (uint16_t)n);
		for (unsigned i = 0; i < n; i++)
			fits = copy_put_field(b, &args[i]) && fits;
		return fits;
	}
	for (unsigned i = 0; i < n; i++) {
		fits = fits && args[i].wide == 0;
		if (i > 0)
			buf_u8(b, '\t');
		copy_put_arg(b, &args[i]);
	}
	buf_u8(b, '\n');
	return fits;
}

int
db_copy_format(const struct db_query *q, struct buf *out, const struct db_arg *args, unsigned n,
    struct err *err)
{
	if (!copy_put_row(q, out, args, n))
		return err_raise(err, FAULT_INTERNAL, "copy row", n);
	if (!buf_ok(out))
		return err_raise(err, FAULT_BAD_INPUT, "copy rows over their limit", 0);
	return 0;
}

/* What is put in pieces goes out as it is put. */
static int
copy_send(struct db_copy *c, const uint8_t *p, size_t bytes, struct err *err)
{
	while (bytes > 0) {
		size_t piece = bytes < COPY_PIECE_BYTES ? bytes : COPY_PIECE_BYTES;
		if (PQputCopyData(c->db->conn, (const char *)p, (int)piece) != 1) {
			c->failed = true;
			return db_failed(c->db, NULL, c->q->name, err);
		}
		p += piece;
		bytes -= piece;
	}
	return 0;
}

int
db_copy_put(struct db_copy *c, const struct buf *rows, struct err *err)
{
	int r = c->failed || !buf_ok(rows) ? err_raise(err, FAULT_INTERNAL, "copy rows", 0)
					   : copy_flush(c, err);
	if (r == 0)
		r = copy_send(c, rows->p, rows->bytes, err);
	c->failed = c->failed || r != 0;
	return err_fold(err, r, "copy");
}

int
db_copy_row(struct db_copy *c, const struct db_arg *args, unsigned n, struct err *err)
{
	if (c->failed || !copy_put_row(c->q, &c->line, args, n)) {
		c->failed = true;
		return err_raise(err, FAULT_INTERNAL, "copy row", n);
	}
	if (!buf_ok(&c->line)) {
		c->failed = true;
		return err_raise(err, FAULT_BAD_INPUT, "copy row over its limit", 0);
	}
	if (c->line.bytes < COPY_PIECE_BYTES)
		return 0;
	return err_fold(err, copy_flush(c, err), "copy");
}

/* Ends the COPY and reads what the server says to it. */
static int
copy_finish(struct db_copy *c, uint64_t *ret_rows, struct err *err)
{
	if (c->q->rows == DB_ROWS_BINARY)
		buf_u16(&c->line, UINT16_MAX); /* the end */
	int r = c->failed ? 0 : copy_flush(c, err);
	if (r == 0 && PQputCopyEnd(c->db->conn, c->failed ? "refused" : NULL) != 1)
		r = db_failed(c->db, NULL, c->q->name, err);
	for (PGresult *res; (res = PQgetResult(c->db->conn)) != NULL; PQclear(res)) {
		const char *rows = PQcmdTuples(res);
		if (PQresultStatus(res) != PGRES_COMMAND_OK && r == 0)
			r = db_failed(c->db, res, c->q->name, err);
		else if (r == 0 && !text_u64_parse(rows, strlen(rows), INT64_MAX, ret_rows))
			r = err_raise(err, FAULT_INTERNAL, "copy count", 0);
		if (PQstatus(c->db->conn) != CONNECTION_OK) {
			PQclear(res);
			break;
		}
	}
	return r;
}

int
db_copy_end(struct db_copy *c, uint64_t *ret_rows, struct err *err)
{
	struct err later = { 0 };
	uint64_t rows = 0;
	int r = copy_finish(c, &rows, err);
	/* In a failed transaction the server takes no SET: its rollback brings the limit back. */
	if (PQtransactionStatus(c->db->conn) != PQTRANS_INERROR &&
	    db_exec(c->db, "SET statement_timeout = '5s'", c->q->name, &later) != 0 && r == 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "copy end", 0);
	if (r == 0)
		*ret_rows = rows;
	buf_done(&c->line);
	mem_free(c);
	return r;
}
