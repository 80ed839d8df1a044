/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/map.h"
#include "base/text.h"
#include "wire/js_write.h"

#include <string.h>

enum {
	MAP_MAX_NUMBER = 1000000000,
	MAP_BYTEA_MAX_BYTES = 65536,
	MAP_USUAL_BYTES = 2048,
	MAP_PLACES = 509, /* more than names, so that few meet in one */
};

static const struct {
	const char *column, *item;
} items[] = {
#define COLUMN(column_name, item_name) { #column_name, #item_name },
#include "agent/source/columns.def"
#undef COLUMN
};

/* From *at on, where it mostly is: a register's columns come in one order. *at moves behind it. */
static const struct repl_column *
column_after(const struct map_row *row, const char *name, unsigned *at)
{
	for (unsigned n = 0; n < row->n_columns; n++) {
		unsigned i = (*at + n) % row->n_columns;
		if (strcmp(row->columns[i].name, name) == 0) {
			*at = i + 1;
			return &row->columns[i];
		}
	}
	return NULL;
}

/* Looked for first where the one of that name was last; @name is a literal, whose address tells it.
 */
static const struct repl_column *
column_find(const struct map_row *row, const char *name)
{
	static _Thread_local unsigned places[MAP_PLACES];
	unsigned *place = &places[(uintptr_t)name % MAP_PLACES];
	unsigned at = *place;
	const struct repl_column *c = column_after(row, name, &at);
	if (c != NULL)
		*place = at - 1;
	return c;
}

static const char *
text_of(const struct repl_column *c)
{
	if (c == NULL || c->unchanged || c->text == NULL || c->text[0] == '\0')
		return NULL;
	return c->text;
}

/* The column's text; NULL when it is SQL NULL, empty (空欄), or was not sent. */
static const char *
column_text(const struct map_row *row, const char *name)
{
	return text_of(column_find(row, name));
}

static int
columns_need(const struct map_row *row, const char *const *names, struct err *err)
{
	for (unsigned i = 0; names[i] != NULL; i++)
		if (column_find(row, names[i]) == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "column is missing", (long)i);
	return 0;
}

static void
put_text(struct buf *o, const char *key, const char *value)
{
	if (value != NULL)
		js_write_text(o, key, value);
}

static void
put_number(struct buf *o, const char *key, const char *value)
{
	uint64_t n = 0;
	if (value != NULL && text_u64_parse(value, strlen(value), MAP_MAX_NUMBER, &n))
		js_write_int(o, key, (int64_t)n);
}

/* @codes: the register's code, our word, and so on; NULL ends it. */
static const char *
word_of(const char *value, const char *const *codes)
{
	for (unsigned i = 0; value != NULL && codes[i] != NULL; i += 2)
		if (strcmp(value, codes[i]) == 0)
			return codes[i + 1];
	return NULL;
}

/* bytea as PostgreSQL writes it: "\x" and hex. NULL for anything else. */
static const char *
hex_of(const char *value)
{
	return value != NULL && strncmp(value, "\\x", 2) == 0 ? value + 2 : NULL;
}

static void
put_bits(struct arena *a, struct buf *o, const char *value)
{
	const char *hex = hex_of(value);
	size_t bytes = hex ? strlen(hex) / 2 : 0;
	if (bytes == 0 || bytes > MAP_BYTEA_MAX_BYTES)
		return;
	uint8_t *p = arena_zero(a, bytes);
	if (text_hex_parse(hex, strlen(hex), p, bytes))
		js_write_b64url(o, "bits", p, bytes);
}

static int
map_juminhyo(
    struct arena *a, const struct map_row *row, struct buf *o, bool *urgent, struct err *err)
{
	static const char *const names[] = { "jumin_jotai", "jumin_shubetsu", "narabi", NULL };
	static const char *const states[] = { "1", "registered", "2", "removed", NULL };
	static const char *const classes[] = { "1", "japanese", "2", "foreign", NULL };
	unsigned at = 0;
	(void)a;
	int r = columns_need(row, names, err);
	if (r)
		return err_trace(err, r, "juminhyo");
	const char *state = word_of(column_text(row, "jumin_jotai"), states);
	put_text(o, "state", state);
	put_text(o, "class", word_of(column_text(row, "jumin_shubetsu"), classes));
	put_number(o, "narabi", column_text(row, "narabi"));
	js_write_key(o, "items");
	js_write_open(o, '{');
	for (size_t i = 0; i < N_ELEMENTS(items); i++) {
		const struct repl_column *c = column_after(row, items[i].column, &at);
		if (c == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "column is missing", (long)i);
		put_text(o, items[i].item, text_of(c));
	}
	js_write_close(o, '}');
	*urgent = state == NULL || strcmp(state, "registered") != 0;
	return 0;
}

static int
map_inkan(struct arena *a, const struct map_row *row, struct buf *o, bool *urgent, struct err *err)
{
	static const char *const names[] = { "toroku_jotai", "toroku_no", "toroku_ymd", "haba_px",
		"takasa_px", "inei", NULL };
	static const char *const states[] = { "1", "registered", "2", "abolished", NULL };
	int r = columns_need(row, names, err);
	if (r)
		return err_trace(err, r, "inkan");
	const char *state = word_of(column_text(row, "toroku_jotai"), states);
	put_text(o, "state", state);
	put_text(o, "touroku_no", column_text(row, "toroku_no"));
	put_text(o, "touroku_on", column_text(row, "toroku_ymd"));
	put_number(o, "width_px", column_text(row, "haba_px"));
	put_number(o, "height_px", column_text(row, "takasa_px"));
	put_bits(a, o, column_text(row, "inei"));
	*urgent = state == NULL || strcmp(state, "registered") != 0;
	return 0;
}

static int
map_shomeisho(
    struct arena *a, const struct map_row *row, struct buf *o, bool *urgent, struct err *err)
{
	static const char *const names[] = { "yuko", "issuer_key_hash", "serial", NULL };
	static const char *const states[] = { "t", "active", "f", "ended", NULL };
	(void)a;
	int r = columns_need(row, names, err);
	if (r)
		return err_trace(err, r, "shomeisho");
	const char *state = word_of(column_text(row, "yuko"), states);
	put_text(o, "state", state);
	put_text(o, "issuer", hex_of(column_text(row, "issuer_key_hash")));
	put_text(o, "serial", hex_of(column_text(row, "serial")));
	*urgent = state == NULL || strcmp(state, "active") != 0;
	return 0;
}

static int
map_yokushi(
    struct arena *a, const struct map_row *row, struct buf *o, bool *urgent, struct err *err)
{
	static const char *const names[] = { "yuko", "juminhyo", "inkan", NULL };
	static const char *const kinds[] = { "juminhyo", "inkan" };
	(void)a;
	int r = columns_need(row, names, err);
	if (r)
		return err_trace(err, r, "yokushi");
	const char *yuko = column_text(row, "yuko");
	if (yuko != NULL)
		js_write_bool(o, "active", strcmp(yuko, "f") != 0);
	js_write_key(o, "kinds");
	js_write_open(o, '[');
	for (unsigned i = 0; i < N_ELEMENTS(kinds); i++) {
		const char *on = column_text(row, kinds[i]);
		/* Only a plain "no" leaves a kind out. */
		if (on == NULL || strcmp(on, "f") != 0)
			js_write_item(o, kinds[i]);
	}
	js_write_close(o, ']');
	*urgent = true;
	return 0;
}

static const struct map_table {
	const char *table, *kind;
	int (*map)(struct arena *a, const struct map_row *row, struct buf *o, bool *urgent,
	    struct err *err);
} tables[] = {
	{ "juminhyo", "resident", map_juminhyo },
	{ "inkan", "seal", map_inkan },
	{ "shomeisho", "card", map_shomeisho },
	{ "yokushi", "block", map_yokushi },
};

/* Whom it is about, and the number in his history: the key, there even for a deleted row. */
static int
map_key(const struct map_row *row, struct buf *o, struct err *err)
{
	static const char *const person[] = { "atena_no", "rireki_no", NULL };
	static const char *const subject[] = { "taisho_kubun", "taisho_no", "rireki_no", NULL };
	static const char *const members[] = { "1", "atena_no", "2", "setai_no", NULL };
	bool of_block = strcmp(row->table, "yokushi") == 0;
	int r = columns_need(row, of_block ? subject : person, err);
	if (r)
		return err_trace(err, r, "key");
	if (of_block) {
		const char *member = word_of(column_text(row, "taisho_kubun"), members);
		if (member != NULL)
			put_text(o, member, column_text(row, "taisho_no"));
	} else {
		put_text(o, "atena_no", column_text(row, "atena_no"));
	}
	put_number(o, "rireki_no", column_text(row, "rireki_no"));
	return 0;
}

int
map_row_put(
    const struct map_row *row, struct arena *a, struct buf *out, bool *ret_urgent, struct err *err)
{
	const struct map_table *t = NULL;
	bool urgent = true;
	size_t before = out->bytes;
	for (unsigned i = 0; i < N_ELEMENTS(tables); i++)
		if (strcmp(row->table, tables[i].table) == 0)
			t = &tables[i];
	if (t == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "table is none of ours", 0);
	js_write_open(out, '{');
	js_write_text(out, "kind", t->kind);
	int r = map_key(row, out, err);
	if (r == 0 && !row->deleted)
		r = t->map(a, row, out, &urgent, err);
	js_write_close(out, '}');
	if (r)
		return err_trace(err, r, "row");
	/* A row that large, or no text at all, is the register's doing, not ours. */
	if (!buf_ok(out) || out->bytes - before > MAP_RECORD_MAX_BYTES)
		return err_raise(
		    err, FAULT_BAD_INPUT, "row over its limit or no text", MAP_RECORD_MAX_BYTES);
	*ret_urgent = urgent;
	return 0;
}

int
map_row(struct arena *a, const struct map_row *row, struct map_record *ret, struct err *err)
{
	struct map_record rec = { 0 };
	struct buf b;
	buf_init(&b, MAP_RECORD_MAX_BYTES);
	buf_expect(&b, MAP_USUAL_BYTES);
	int r = map_row_put(row, a, &b, &rec.urgent, err);
	if (r == 0) {
		rec.json = arena_strndup(a, (const char *)b.p, b.bytes);
		rec.json_bytes = b.bytes;
		*ret = rec;
	}
	buf_done(&b);
	return err_trace(err, r, "row");
}
