/* SPDX-License-Identifier: Apache-2.0 */
/* pgoutput, protocol version 1 (PostgreSQL manual, "Logical Replication Message Formats"). */
#include "base/mem.h"
#include "db/db_private.h"
#include "db/repl.h"

#include <string.h>

enum { REPL_MAX_NAME = 255 };
static const int64_t EPOCH_2000_MS = 946684800000; /* PostgreSQL counts from 2000-01-01 */

struct relation {
	uint32_t oid;
	unsigned n_columns;
	char *names; /* the table's and the columns' names, each with its NUL */
	const char **column;
	bool *key;
};
struct repl_relations {
	struct relation of[REPL_MAX_RELATIONS];
	unsigned n;
};

struct repl_relations *
repl_relations_new(void)
{
	return mem_zero(sizeof(struct repl_relations));
}

static void
relation_done(struct relation *r)
{
	mem_free(r->names);
	mem_free(r->column);
	mem_free(r->key);
	*r = (struct relation){ 0 };
}

void
repl_relations_free(struct repl_relations *rel)
{
	for (unsigned i = 0; rel != NULL && i < rel->n; i++)
		relation_done(&rel->of[i]);
	mem_free(rel);
}

/* A text with its NUL, in place; NULL and a failed reader when there is none. */
static const char *
rd_text(struct rd *in)
{
	const char *s = (const char *)in->p + in->at;
	size_t n = strnlen(s, rd_left(in));
	if (n > REPL_MAX_NAME || rd_bytes(in, n + 1) == NULL) {
		in->failed = true;
		return NULL;
	}
	return s;
}

static struct relation *
relation_find(struct repl_relations *rel, uint32_t oid)
{
	for (unsigned i = 0; i < rel->n; i++)
		if (rel->of[i].oid == oid)
			return &rel->of[i];
	return NULL;
}

/* Names go into one block: the copy of a message can be no larger than the message. */
static bool
relation_read(struct rd *in, struct relation *r, size_t bytes)
{
	char *at = r->names = mem_zero(bytes);
	const char *table = rd_text(in);
	(void)rd_u8(in); /* replica identity: the key flags say the same */
	r->n_columns = rd_u16(in);
	if (table == NULL || !rd_ok(in) || r->n_columns > REPL_MAX_COLUMNS)
		return false;
	memcpy(at, table, strlen(table));
	at += strlen(table) + 1;
	r->column = mem_zero_n(r->n_columns, sizeof(*r->column));
	r->key = mem_zero_n(r->n_columns, sizeof(*r->key));
	for (unsigned i = 0; i < r->n_columns; i++) {
		r->key[i] = rd_u8(in) & 1;
		const char *name = rd_text(in);
		(void)rd_u32(in); /* type */
		(void)rd_u32(in); /* its modifier */
		if (name == NULL)
			return false;
		memcpy(at, name, strlen(name));
		r->column[i] = at;
		at += strlen(name) + 1;
	}
	return rd_done(in);
}

static int
parse_relation(struct repl_relations *rel, struct rd *in, struct err *err)
{
	struct relation now = { .oid = rd_u32(in) };
	(void)rd_text(in); /* schema */
	if (!relation_read(in, &now, rd_left(in) + 1)) {
		relation_done(&now);
		return err_raise(err, FAULT_BAD_INPUT, "relation", 0);
	}
	struct relation *was = relation_find(rel, now.oid);
	if (was == NULL && rel->n == REPL_MAX_RELATIONS) {
		relation_done(&now);
		return err_raise(err, FAULT_BAD_INPUT, "too many relations", REPL_MAX_RELATIONS);
	}
	if (was == NULL)
		was = &rel->of[rel->n++];
	else
		relation_done(was);
	*was = now;
	return 0;
}

/* The relation a change names; it must have been announced. */
static const struct relation *
parse_table(struct repl_relations *rel, struct arena *a, struct rd *in, struct repl_change *ret)
{
	const struct relation *r = relation_find(rel, rd_u32(in));
	if (r == NULL || !rd_ok(in))
		return NULL;
	ret->table = arena_strdup(a, r->names);
	return r;
}

/*
 * A value's text lies in @in, which is the arena's: behind it stands the next value's kind. When
 * that is read its place is the NUL's (*end; NULL: there is none to be put).
 */
static bool
parse_value(struct rd *in, struct repl_column *c, char **end)
{
	size_t n = 0;
	uint8_t kind = rd_u8(in);
	if (*end != NULL)
		**end = '\0';
	*end = NULL;
	switch (kind) {
	case 'n':
		return true;
	case 'u':
		c->unchanged = true;
		return true;
	case 't':
		break;
	default:
		return false; /* 'b' is binary, which we did not ask for */
	}
	char *p = (char *)(uintptr_t)rd_field32(in, &n);
	if (p == NULL || (n > 0 && memchr(p, 0, n) != NULL))
		return false;
	c->text = p;
	*end = p + n;
	return true;
}

/* The last one's NUL has no place: what follows is still to be read. */
static void
parse_last(struct arena *a, struct repl_column *c, const char *end)
{
	if (end != NULL)
		c->text = arena_strndup(a, c->text, (size_t)(end - c->text));
}

/* @key_only leaves out the columns that stand empty in a key. */
static bool
parse_tuple(struct rd *in, struct arena *a, const struct relation *r, bool key_only,
    struct repl_column **ret, unsigned *ret_n)
{
	unsigned kept = 0;
	char *end = NULL;
	if (rd_u16(in) != r->n_columns || !rd_ok(in))
		return false;
	struct repl_column *c = arena_zero_n(a, r->n_columns, sizeof(*c));
	for (unsigned i = 0; i < r->n_columns; i++) {
		struct repl_column one = { .name = r->column[i] };
		if (!parse_value(in, &one, &end))
			return false;
		if (i + 1 == r->n_columns)
			parse_last(a, &one, end);
		if (key_only && !r->key[i])
			continue;
		c[kept++] = one;
	}
	*ret = c;
	*ret_n = kept;
	return true;
}

/* Under REPLICA IDENTITY FULL the old row has what the new one did not repeat. */
static void
fill_unchanged(struct repl_change *c)
{
	for (unsigned i = 0; c->n_old == c->n_columns && i < c->n_columns; i++)
		if (c->columns[i].unchanged && !c->old[i].unchanged) {
			c->columns[i].unchanged = false;
			c->columns[i].text = c->old[i].text;
		}
}

static bool
parse_row(struct repl_relations *rel, struct arena *a, struct rd *in, struct repl_change *c)
{
	const struct relation *r = parse_table(rel, a, in, c);
	if (r == NULL)
		return false;
	uint8_t part = rd_u8(in);
	bool has_old = part == 'K' || part == 'O';
	if (has_old && c->kind == REPL_DELETE)
		return parse_tuple(in, a, r, part == 'K', &c->columns, &c->n_columns);
	if (has_old && c->kind == REPL_UPDATE) {
		if (!parse_tuple(in, a, r, part == 'K', &c->old, &c->n_old))
			return false;
		part = rd_u8(in);
	}
	if (part != 'N' || c->kind == REPL_DELETE ||
	    !parse_tuple(in, a, r, false, &c->columns, &c->n_columns))
		return false;
	if (c->n_old > 0)
		fill_unchanged(c);
	return true;
}

static bool
parse_truncate(struct repl_relations *rel, struct arena *a, struct rd *in, struct repl_change *c)
{
	uint32_t n = rd_u32(in);
	(void)rd_u8(in); /* CASCADE, RESTART IDENTITY */
	if (n == 0 || n > REPL_MAX_RELATIONS || !rd_ok(in))
		return false;
	c->columns = arena_zero_n(a, n, sizeof(*c->columns));
	c->n_columns = n;
	for (uint32_t i = 0; i < n; i++) {
		const struct relation *r = relation_find(rel, rd_u32(in));
		if (r == NULL || !rd_ok(in))
			return false;
		c->columns[i].name = arena_strdup(a, r->names);
	}
	c->table = c->columns[0].name;
	return true;
}

static int64_t
rd_time_ms(struct rd *in)
{
	int64_t us = (int64_t)rd_u64(in);
	return us / 1000 + EPOCH_2000_MS;
}

static bool
parse_commit(struct rd *in, struct repl_change *c)
{
	(void)rd_u8(in);  /* flags, none yet */
	(void)rd_u64(in); /* where the commit stands; its end is what counts */
	c->lsn = rd_u64(in);
	c->at_ms = rd_time_ms(in);
	return true;
}

static bool
parse_begin(struct rd *in, struct repl_change *c)
{
	c->lsn = rd_u64(in);
	c->at_ms = rd_time_ms(in);
	(void)rd_u32(in); /* transaction id */
	return true;
}

static bool
parse_change(
    struct repl_relations *rel, struct arena *a, uint8_t what, struct rd *in, struct repl_change *c)
{
	switch (what) {
	case 'B':
		c->kind = REPL_BEGIN;
		return parse_begin(in, c);
	case 'C':
		c->kind = REPL_COMMIT;
		return parse_commit(in, c);
	case 'I':
		c->kind = REPL_INSERT;
		return parse_row(rel, a, in, c);
	case 'U':
		c->kind = REPL_UPDATE;
		return parse_row(rel, a, in, c);
	case 'D':
		c->kind = REPL_DELETE;
		return parse_row(rel, a, in, c);
	case 'T':
		c->kind = REPL_TRUNCATE;
		return parse_truncate(rel, a, in, c);
	default:
		return false;
	}
}

int
repl_parse(struct repl_relations *rel, struct arena *a, const void *p, size_t bytes,
    struct repl_change *ret, bool *ret_is_change, struct err *err)
{
	struct repl_change c = { 0 };
	if (bytes > REPL_MAX_MESSAGE)
		return err_raise(err, FAULT_BAD_INPUT, "message over its limit", (long)bytes);
	struct rd in = rd_init(p, bytes);
	uint8_t what = rd_u8(&in);
	*ret_is_change = false;
	if (what == 'R')
		return err_trace(err, parse_relation(rel, &in, err), "repl");
	if (what == 'Y' || what == 'O') /* a type's name, an origin: nothing to do */
		return 0;
	if (bytes > 0) /* texts stay where they are, and live as long as the arena */
		in.p = arena_memdup(a, p, bytes);
	if (!parse_change(rel, a, what, &in, &c) || !rd_done(&in))
		return err_raise(err, FAULT_BAD_INPUT, "replication message", what);
	*ret = c;
	*ret_is_change = true;
	return 0;
}

/* One half of an LSN; *s stands behind it. */
static bool
lsn_half(const char **s, uint32_t *ret)
{
	uint32_t v = 0;
	unsigned n = 0;
	for (; n < 8; n++, (*s)++) {
		char c = **s;
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			break;
	}
	*ret = v;
	return n > 0;
}

bool
db_lsn_parse(const char *s, uint64_t *ret)
{
	uint32_t high = 0, low = 0;
	if (!lsn_half(&s, &high) || *s++ != '/' || !lsn_half(&s, &low) || *s != '\0')
		return false;
	*ret = (uint64_t)high << 32 | low;
	return true;
}
