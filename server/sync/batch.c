/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/batch.h"
#include "base/mem.h"
#include "base/text.h"
#include "domain/muni.h"
#include "domain/record_read.h"
#include "server/sync/sync.h"
#include "wire/gzip.h"

#include <string.h>

enum { BATCH_ROW_BYTES = 768 /* most are longer */, BATCH_HEAD_BYTES = 4096 };

static int
js_muni(const json_t *o, struct muni_code *ret, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, "muni", 6, &s, err);
	if (r)
		return err_trace(err, r, "muni");
	if (!muni_parse(s, strlen(s), ret))
		return err_raise(err, FAULT_BAD_INPUT, "muni", 0);
	return 0;
}

static int
js_version(const json_t *o, struct err *err)
{
	int64_t v = 0;
	return err_trace(err, js_int(o, "v", BATCH_VERSION, BATCH_VERSION, &v, err), "v");
}

/* @ret_records: the list as it stands in @o. */
static int
parse_frame(json_t *o, struct batch *b, const json_t **ret_records, struct err *err)
{
	static const char *const names[] = { "v", "muni", "epoch", "seq", "prev", "source",
		"register_ms", "urgent", "records", NULL };
	int r = js_members(o, names, err);
	if (r == 0)
		r = js_version(o, err);
	if (r == 0)
		r = js_muni(o, &b->muni, err);
	if (r == 0)
		r = js_int(o, "epoch", 1, BATCH_MAX_NUMBER, &b->epoch, err);
	if (r == 0)
		r = js_int(o, "seq", 1, BATCH_MAX_NUMBER, &b->seq, err);
	if (r == 0)
		r = js_hex(o, "prev", b->prev, sizeof(b->prev), err);
	if (r == 0)
		r = js_text(o, "source", SYNC_SOURCE_MAX_BYTES, &b->source, err);
	if (r == 0)
		r = js_int(o, "register_ms", 0, BATCH_MAX_NUMBER, &b->register_ms, err);
	if (r == 0)
		r = js_bool(o, "urgent", &b->urgent, err);
	if (r == 0)
		r = js_array(o, "records", SYNC_MAX_RECORDS, ret_records, err);
	if (r)
		return err_trace(err, r, "batch");
	if (b->source[0] == '\0' || !text_is_clean_utf8(b->source, strlen(b->source)))
		return err_raise(err, FAULT_BAD_INPUT, "source", 0);
	return 0;
}

static struct batch_row *
row_add(struct batch *b, size_t *room)
{
	if (b->n_rows == *room) {
		size_t more = *room ? 2 * *room : 1 + b->text.bytes / BATCH_ROW_BYTES;
		b->rows = mem_grow(b->rows, *room * sizeof(*b->rows), more * sizeof(*b->rows));
		*room = more;
	}
	return &b->rows[b->n_rows++];
}

/* --- as our agent writes it: the frame as JSON, its records one by one --- */

/* The end of the object that @p begins with, no deeper than in a batch read as one; NULL for none.
 */
static const char *
object_end(const char *p, const char *end)
{
	bool in_text = false;
	unsigned depth = 0;
	for (; p < end; p++) {
		if (in_text) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				in_text = false;
			continue;
		}
		in_text = *p == '"';
		if ((*p == '{' || *p == '[') && ++depth > JS_MAX_DEPTH - 2)
			return NULL;
		if ((*p == '}' || *p == ']') && (depth == 0 || --depth == 0))
			return p + 1;
	}
	return NULL;
}

/* Any other record, still as JSON. */
static bool
other_read(
    struct batch *b, const char *p, const char *end, struct batch_row *row, size_t *ret_bytes)
{
	struct err unused = { 0 };
	json_t *o = NULL;
	const char *stop = *p == '{' ? object_end(p, end) : NULL;
	if (stop == NULL || js_parse(p, (size_t)(stop - p), &o, &unused) != 0)
		return false;
	*row = (struct batch_row){ .json = o };
	*ret_bytes = (size_t)(stop - p);
	return json_array_append_new(b->others, o) == 0;
}

/* What stands between the brackets, up to the end of the text. */
static bool
rows_read(struct batch *b, char *p, char *end)
{
	size_t room = 0;
	b->others = json_array();
	for (;;) {
		size_t bytes = 0;
		if (p == end || b->n_rows == SYNC_MAX_RECORDS)
			return false;
		struct batch_row *row = row_add(b, &room);
		if (record_read(b->muni, p, (size_t)(end - p), &row->rec, &bytes) != 0 &&
		    !other_read(b, p, end, row, &bytes))
			return false;
		p += bytes;
		if (p < end && *p == ',') {
			p++;
			continue;
		}
		return end - p == 2 && memcmp(p, "]}", 2) == 0;
	}
}

/*
 * The frame without its records is a document by itself, whose list stands empty and
 * last: no text in it can hold the mark, in which quotes stand free.
 */
static bool
quick(struct batch *b)
{
	static const char mark[] = "\"records\":[";
	struct err unused = { 0 };
	const json_t *none = NULL;
	struct buf head;
	char *p = (char *)b->text.p;
	char *end = p + b->text.bytes;
	char *list = p ? memmem(p, b->text.bytes, mark, sizeof(mark) - 1) : NULL;
	if (list == NULL || memchr(p, 0, b->text.bytes) != NULL)
		return false;
	list += sizeof(mark) - 1;
	buf_init(&head, BATCH_HEAD_BYTES);
	buf_put(&head, p, (size_t)(list - p));
	buf_put(&head, "]}", 2);
	bool ok = buf_ok(&head) && js_parse(head.p, head.bytes, &b->json, &unused) == 0 &&
	    parse_frame(b->json, b, &none, &unused) == 0 && json_array_size(none) == 0;
	buf_done(&head);
	return ok && rows_read(b, list, end);
}

/* --- any other way of writing it --- */

static int
whole(struct batch *b, struct err *err)
{
	const json_t *records = NULL;
	int r = js_parse(b->text.p, b->text.bytes, &b->json, err);
	if (r == 0)
		r = parse_frame(b->json, b, &records, err);
	if (r == 0 && json_array_size(records) == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "batch of nothing", 0);
	if (r)
		return err_trace(err, r, "batch");
	b->n_rows = json_array_size(records);
	b->rows = mem_zero_n(b->n_rows, sizeof(*b->rows));
	for (size_t i = 0; i < b->n_rows; i++)
		b->rows[i].json = json_array_get(records, i);
	return 0;
}

/* Back to the text as it came: quick() refuses one with a NUL, so each that is there was a quote.
 */
static void
start_again(struct batch *b)
{
	struct buf text = b->text;
	for (size_t i = 0; i < text.bytes; i++)
		if (text.p[i] == 0)
			text.p[i] = '"';
	b->text = (struct buf){ 0 };
	batch_done(b);
	*b = (struct batch){ .text = text };
}

int
batch_parse(const void *body, size_t bytes, struct batch *ret, struct err *err)
{
	struct batch b = { 0 };
	if (bytes > SYNC_BODY_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "batch over its limit", (long)bytes);
	buf_init(&b.text, SYNC_JSON_MAX_BYTES);
	int r = gzip_unpack(body, bytes, &b.text, err);
	if (r == 0 && !quick(&b)) {
		start_again(&b);
		r = whole(&b, err);
	}
	if (r) {
		batch_done(&b);
		return err_fold(err, r, "batch");
	}
	*ret = b;
	return 0;
}

void
batch_done(struct batch *b)
{
	json_decref(b->json);
	json_decref(b->others);
	mem_free(b->rows);
	buf_done(&b->text);
	*b = (struct batch){ 0 };
}

int
beat_parse(const void *json, size_t bytes, struct beat *ret, struct err *err)
{
	static const char *const names[] = { "v", "muni", "epoch", "seq", "hash", "time_ms", NULL };
	json_t *o = NULL;
	struct beat b = { 0 };
	if (bytes > SYNC_BEAT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "beat over its limit", (long)bytes);
	int r = js_parse(json, bytes, &o, err);
	if (r)
		return err_fold(err, r, "beat");
	r = js_members(o, names, err);
	if (r == 0)
		r = js_version(o, err);
	if (r == 0)
		r = js_muni(o, &b.muni, err);
	if (r == 0)
		r = js_int(o, "epoch", 1, BATCH_MAX_NUMBER, &b.epoch, err);
	if (r == 0)
		r = js_int(o, "seq", 0, BATCH_MAX_NUMBER, &b.seq, err);
	if (r == 0)
		r = js_hex(o, "hash", b.hash, sizeof(b.hash), err);
	if (r == 0)
		r = js_int(o, "time_ms", 0, BATCH_MAX_NUMBER, &b.at_ms, err);
	json_decref(o);
	if (r)
		return err_fold(err, r, "beat");
	*ret = b;
	return 0;
}
