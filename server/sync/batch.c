/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/batch.h"
#include "base/text.h"
#include "domain/muni.h"
#include "server/sync/sync.h"
#include "wire/gzip.h"

#include <string.h>

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

static int
parse_frame(json_t *o, struct batch *b, struct err *err)
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
		r = js_array(o, "records", SYNC_MAX_RECORDS, &b->records, err);
	if (r)
		return err_trace(err, r, "batch");
	if (json_array_size(b->records) == 0)
		return err_raise(err, FAULT_BAD_INPUT, "batch of nothing", 0);
	if (b->source[0] == '\0' || !text_is_clean_utf8(b->source, strlen(b->source)))
		return err_raise(err, FAULT_BAD_INPUT, "source", 0);
	return 0;
}

int
batch_parse(const void *body, size_t bytes, struct batch *ret, struct err *err)
{
	struct buf text;
	struct batch b = { 0 };
	if (bytes > SYNC_BODY_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "batch over its limit", (long)bytes);
	buf_init(&text, SYNC_JSON_MAX_BYTES);
	int r = gzip_unpack(body, bytes, &text, err);
	if (r == 0)
		r = js_parse(text.p, text.bytes, &b.json, err);
	buf_done(&text);
	if (r == 0)
		r = parse_frame(b.json, &b, err);
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
	b->json = NULL;
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
