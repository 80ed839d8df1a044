/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/reconcile/recon_link.h"
#include "base/text.h"
#include "pki/jose.h"

#include <string.h>

enum {
	RECON_ARENA_BYTES = 32 * 1024 * 1024,
	RECON_BODY_BYTES = 4 * 1024 * 1024,
	RECON_REPLY_BYTES = 2 * 1024 * 1024,
};

static int
refused(const struct http_reply *reply, struct err *err)
{
	if (strcmp(reply->code, "no-run") == 0)
		return RECON_LINK_E_NO_RUN;
	if (strcmp(reply->code, "busy") == 0)
		return RECON_LINK_E_BUSY;
	if (reply->status >= 500)
		return err_raise(err, FAULT_UNAVAILABLE, "server", (long)reply->status);
	return RECON_LINK_E_REFUSED;
}

/* @o is taken over. @typ NULL: not signed. */
static int
ask(struct recon_link *l, const char *path, json_t *o, const char *typ, json_t **ret,
    struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(RECON_ARENA_BYTES);
	struct http_reply reply = { 0 };
	struct buf body;
	char *jws = NULL;
	buf_init(&body, RECON_BODY_BYTES);
	js_put_int(o, "v", 1);
	int r = js_format(o, &body, err);
	json_decref(o);
	if (r == 0 && typ != NULL)
		r = jws_sign_detached(a, &l->sync_key, typ, body.p, body.bytes, &jws, err);
	struct http_ask q = { .method = "POST",
		.path = path,
		.body = body.p,
		.body_bytes = body.bytes,
		.timeout_ms = RECON_LINK_TIMEOUT_MS,
		.max_reply_bytes = RECON_REPLY_BYTES };
	if (jws != NULL)
		q.header[0] = arena_printf(a, "Kofu-Signature: %s", jws);
	if (r == 0)
		r = http_ask(l->server, a, &q, &reply, err);
	buf_done(&body);
	if (r == HTTP_E_REFUSED)
		return err_trace(err, refused(&reply, err), "reconcile");
	if (r == 0)
		r = js_parse(reply.body, reply.body_bytes, ret, err);
	return err_fold(err, r, "reconcile");
}

static json_t *
with_run(const struct recon_link *l)
{
	json_t *o = json_object();
	js_put_int(o, "run", l->run);
	return o;
}

int
recon_link_run(struct recon_link *l, struct err *err)
{
	static const char *const members[] = { "run", NULL };
	AUTO(json_t) json_t *answer = NULL;
	json_t *o = json_object();
	js_put_hex(o, "key", l->key.b, sizeof(l->key.b));
	int r = ask(l, "/v1/reconcile/run", o, NULL, &answer, err);
	if (r)
		return err_trace(err, r, "run");
	r = js_members(answer, members, err);
	if (r == 0)
		r = js_int(answer, "run", 1, INT64_MAX, &l->run, err);
	return err_fold(err, r, "run");
}

int
recon_link_scan(struct recon_link *l, uint64_t *ret_n, bool *ret_done, struct err *err)
{
	static const char *const members[] = { "n", "unplaced", "done", NULL };
	AUTO(json_t) json_t *answer = NULL;
	int64_t n = 0;
	int r = ask(l, "/v1/reconcile/scan", with_run(l), NULL, &answer, err);
	if (r)
		return err_trace(err, r, "scan");
	r = js_members(answer, members, err);
	if (r == 0)
		r = js_int(answer, "n", 0, TALLY_MAX_PERSONS, &n, err);
	if (r == 0)
		r = js_bool(answer, "done", ret_done, err);
	*ret_n = (uint64_t)n;
	return err_fold(err, r, "scan");
}

int
recon_link_end(struct recon_link *l, struct err *err)
{
	AUTO(json_t) json_t *answer = NULL;
	return err_trace(err, ask(l, "/v1/reconcile/end", with_run(l), NULL, &answer, err), "end");
}

int
recon_link_settled(struct recon_link *l, uint64_t open, struct err *err)
{
	AUTO(json_t) json_t *answer = NULL;
	json_t *o = with_run(l);
	js_put_text(o, "muni", l->muni.s);
	js_put_hex(o, "key", l->key.b, sizeof(l->key.b));
	js_put_int(o, "open", (int64_t)open);
	return err_trace(
	    err, ask(l, "/v1/reconcile/settled", o, "kofu-settled", &answer, err), "settled");
}

/* --- ranges --- */

static json_t *
with_ranges(const struct recon_link *l, const struct tally_range *r, size_t n)
{
	json_t *o = with_run(l);
	json_t *list = json_array();
	js_put_int(o, "bits", n > 0 ? r[0].bits : 0);
	for (size_t i = 0; i < n; i++) {
		char hex[17];
		uint8_t b[8];
		for (unsigned k = 0; k < 8; k++)
			b[k] = (uint8_t)(r[i].prefix >> (56 - 8 * k));
		text_hex_format(b, sizeof(b), hex);
		(void)json_array_append_new(list, json_string(hex));
	}
	js_put(o, "prefixes", list);
	return o;
}

static int
sum_of(const char *hex, struct tally_sum *ret, struct err *err)
{
	uint8_t b[TALLY_SUM_BYTES];
	if (hex == NULL || !text_hex_parse(hex, strlen(hex), b, sizeof(b)))
		return err_raise(err, FAULT_BAD_INPUT, "sum", 0);
	tally_sum_take(b, ret);
	return 0;
}

int
recon_link_ranges(struct recon_link *l, const struct tally_range *r, size_t n,
    struct tally_digest *ret, struct err *err)
{
	static const char *const members[] = { "n", "sums", NULL };
	AUTO(json_t) json_t *answer = NULL;
	const json_t *counts = NULL;
	const json_t *sums = NULL;
	int x = ask(l, "/v1/reconcile/ranges", with_ranges(l, r, n), NULL, &answer, err);
	if (x)
		return err_trace(err, x, "ranges");
	x = js_members(answer, members, err);
	if (x == 0)
		x = js_array(answer, "n", n * TALLY_CHILDREN, &counts, err);
	if (x == 0)
		x = js_array(answer, "sums", n * TALLY_CHILDREN, &sums, err);
	if (x == 0 &&
	    (json_array_size(counts) != n * TALLY_CHILDREN ||
		json_array_size(sums) != n * TALLY_CHILDREN))
		x = err_raise(err, FAULT_BAD_INPUT, "fewer than were asked for", 0);
	for (size_t i = 0; x == 0 && i < n * TALLY_CHILDREN; i++) {
		json_int_t count = json_integer_value(json_array_get(counts, i));
		ret[i].n = count < 0 ? 0 : (uint64_t)count;
		x = sum_of(json_string_value(json_array_get(sums, i)), &ret[i].sum, err);
	}
	return err_fold(err, x, "ranges");
}

int
recon_link_persons(struct recon_link *l, const struct tally_range *r, size_t n,
    int (*take)(void *self, const char *atena_no, const struct tally_sum *sum, struct err *err),
    void *self, struct err *err)
{
	static const char *const members[] = { "persons", NULL };
	static const char *const of_person[] = { "atena_no", "sum", NULL };
	AUTO(json_t) json_t *answer = NULL;
	const json_t *list = NULL;
	int x = ask(l, "/v1/reconcile/persons", with_ranges(l, r, n), NULL, &answer, err);
	if (x)
		return err_trace(err, x, "persons");
	x = js_members(answer, members, err);
	if (x == 0)
		x = js_array(answer, "persons", 65536, &list, err);
	for (size_t i = 0; x == 0 && i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);
		const char *number = NULL;
		struct tally_sum sum;
		x = js_members(p, of_person, err);
		if (x == 0)
			x = js_text(p, "atena_no", RECORD_MAX_NUMBER_BYTES, &number, err);
		if (x == 0)
			x = sum_of(json_string_value(json_object_get(p, "sum")), &sum, err);
		if (x == 0)
			x = take(self, number, &sum, err);
	}
	return err_fold(err, x, "persons");
}

/* --- persons --- */

static int
there_parse(const json_t *p, struct recon_there *ret, struct err *err)
{
	static const char *const members[] = { "sum", "token", "held", NULL };
	const char *token = NULL;
	int r = js_members(p, members, err);
	if (r == 0)
		r = sum_of(json_string_value(json_object_get(p, "sum")), &ret->sum, err);
	if (r == 0)
		r = js_text(p, "token", sizeof(ret->token) - 1, &token, err);
	if (r == 0)
		r = js_bool(p, "held", &ret->held, err);
	if (r == 0)
		memcpy(ret->token, token, strlen(token) + 1);
	return err_trace(err, r, "person");
}

int
recon_link_check(struct recon_link *l, const char *const *atena_no, size_t n,
    struct recon_there *ret, int64_t *ret_beat_ms, struct err *err)
{
	static const char *const members[] = { "beat_ms", "persons", NULL };
	AUTO(json_t) json_t *answer = NULL;
	const json_t *list = NULL;
	json_t *o = json_object();
	json_t *numbers = json_array();
	js_put_hex(o, "key", l->key.b, sizeof(l->key.b));
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(numbers, json_string(atena_no[i]));
	js_put(o, "persons", numbers);
	int r = ask(l, "/v1/reconcile/check", o, NULL, &answer, err);
	if (r)
		return err_trace(err, r, "check");
	r = js_members(answer, members, err);
	if (r == 0)
		r = js_int(answer, "beat_ms", 0, INT64_MAX, ret_beat_ms, err);
	if (r == 0)
		r = js_array(answer, "persons", n, &list, err);
	if (r == 0 && json_array_size(list) != n)
		r = err_raise(err, FAULT_BAD_INPUT, "fewer than were asked for", (long)n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = there_parse(json_array_get(list, i), &ret[i], err);
	return err_fold(err, r, "check");
}

static json_t *
mend_format(const struct recon_link *l, const char *atena_no, const char *token,
    const struct tally_sum *sum, json_t *records)
{
	json_t *o = json_object();
	json_t *p = json_object();
	json_t *list = json_array();
	js_put_text(o, "muni", l->muni.s);
	js_put_hex(o, "key", l->key.b, sizeof(l->key.b));
	js_put_text(p, "atena_no", atena_no);
	js_put_text(p, "token", token);
	if (records != NULL) {
		uint8_t b[TALLY_SUM_BYTES];
		tally_sum_put(sum, b);
		js_put_hex(p, "sum", b, sizeof(b));
		js_put(p, "records", json_incref(records));
	}
	(void)json_array_append_new(list, p);
	js_put(o, "persons", list);
	return o;
}

static int
said_parse(const json_t *p, char token[49], enum recon_said *ret, struct err *err)
{
	static const char *const members[] = { "outcome", "token?", NULL };
	const char *word = NULL;
	const char *now = NULL;
	int r = js_members(p, members, err);
	if (r == 0)
		r = js_text(p, "outcome", 16, &word, err);
	if (r)
		return err_trace(err, r, "outcome");
	if (strcmp(word, "done") == 0) {
		r = js_text(p, "token", 48, &now, err);
		if (r)
			return err_trace(err, r, "token");
		memcpy(token, now, strlen(now) + 1);
		*ret = RECON_SAID_DONE;
		return 0;
	}
	*ret = strcmp(word, "moved") == 0 ? RECON_SAID_MOVED : RECON_SAID_REFUSED;
	return 0;
}

int
recon_link_mend(struct recon_link *l, const char *atena_no, char token[49],
    const struct tally_sum *sum, json_t *records, enum recon_said *ret, struct err *err)
{
	static const char *const members[] = { "persons", NULL };
	AUTO(json_t) json_t *answer = NULL;
	const json_t *list = NULL;
	json_t *o = mend_format(l, atena_no, token, sum, records);
	int r = ask(l, "/v1/reconcile/mend", o, "kofu-mend", &answer, err);
	if (r)
		return err_trace(err, r, "mend");
	r = js_members(answer, members, err);
	if (r == 0)
		r = js_array(answer, "persons", 1, &list, err);
	if (r == 0 && json_array_size(list) != 1)
		r = err_raise(err, FAULT_BAD_INPUT, "not one answer", 0);
	if (r == 0)
		r = said_parse(json_array_get(list, 0), token, ret, err);
	return err_fold(err, r, "mend");
}
