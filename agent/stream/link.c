/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stream/link.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "wire/gzip.h"
#include "wire/js.h"

#include <string.h>

enum {
	LINK_ARENA_BYTES = 4 * 1024 * 1024,
	LINK_MAX_REPLY_BYTES = 16384,
	LINK_HEAD_BYTES = 4096 /* of a batch's text, beside the records */
};

static int
refused(const struct http_reply *reply, struct err *err)
{
	static const struct {
		const char *code;
		int outcome;
	} codes[] = {
		{ "not-loaded", LINK_E_NOT_LOADED },
		{ "session", LINK_E_SESSION },
		{ "equivocation", LINK_E_EQUIVOCATION },
	};
	for (unsigned i = 0; i < N_ELEMENTS(codes); i++)
		if (strcmp(reply->code, codes[i].code) == 0)
			return codes[i].outcome;
	if (reply->status >= 500)
		return err_raise(err, FAULT_UNAVAILABLE, "server", (long)reply->status);
	return LINK_E_REFUSED;
}

static int
ask(const struct link *l, struct arena *a, struct http_ask *q, const char *const *members,
    json_t **ret, struct err *err)
{
	struct http_reply reply = { 0 };
	q->max_reply_bytes = LINK_MAX_REPLY_BYTES;
	int r = http_ask(l->server, a, q, &reply, err);
	if (r == HTTP_E_REFUSED)
		return err_trace(err, refused(&reply, err), "ask");
	if (r == 0)
		r = js_parse(reply.body, reply.body_bytes, ret, err);
	if (r == 0)
		r = js_members(*ret, members, err);
	return err_fold(err, r, "ask");
}

struct place {
	int64_t epoch, seq;
	uint8_t hash[LINK_HASH_BYTES];
	char source[BATCHER_POSITION_BYTES + 1];
	char session[33];
};

static int
place_read(const struct link *l, const json_t *o, bool opens, struct place *ret, struct err *err)
{
	const char *muni = NULL;
	const char *source = NULL;
	uint8_t session[16];
	int r = js_text(o, "muni", 6, &muni, err);
	if (r == 0)
		r = js_int(o, "epoch", 1, INT64_MAX, &ret->epoch, err);
	if (r == 0)
		r = js_int(o, "seq", 0, INT64_MAX - 1, &ret->seq, err);
	if (r == 0)
		r = js_hex(o, "hash", ret->hash, sizeof(ret->hash), err);
	if (r == 0)
		r = js_text(o, "source", BATCHER_POSITION_BYTES, &source, err);
	if (r == 0 && opens)
		r = js_hex(o, "session", session, sizeof(session), err);
	if (r)
		return err_trace(err, r, "position");
	if (strcmp(muni, l->muni.s) != 0)
		return err_raise(err, FAULT_INTEGRITY, "position of another municipality", 0);
	memcpy(ret->source, source, strlen(source) + 1);
	ret->session[0] = '\0';
	if (opens)
		text_hex_format(session, sizeof(session), ret->session);
	return 0;
}

int
link_position(struct link *l, struct err *err)
{
	static const char *const members[] = { "muni", "epoch", "seq", "hash", "source", NULL };
	AUTO(arena) struct arena *a = arena_new(LINK_ARENA_BYTES);
	json_t *o = NULL;
	struct place p;
	struct http_ask q = { .method = "GET", .path = "/v1/stream/position" };
	int r = ask(l, a, &q, members, &o, err);
	if (r == 0)
		r = place_read(l, o, false, &p, err);
	json_decref(o);
	if (r)
		return err_trace(err, r, "position");
	l->epoch = p.epoch;
	l->seq = l->acked_seq = p.seq;
	memcpy(l->hash, p.hash, sizeof(l->hash));
	memcpy(l->acked_hash, p.hash, sizeof(l->acked_hash));
	memcpy(l->source, p.source, sizeof(l->source));
	l->session[0] = '\0';
	return 0;
}

int
link_session(struct link *l, struct err *err)
{
	static const char *const members[] = { "muni", "epoch", "seq", "hash", "source", "session",
		NULL };
	AUTO(arena) struct arena *a = arena_new(LINK_ARENA_BYTES);
	json_t *o = NULL;
	struct place p;
	struct http_ask q = {
		.method = "POST", .path = "/v1/stream/session", .body = "{}", .body_bytes = 2
	};
	int r = ask(l, a, &q, members, &o, err);
	if (r == 0)
		r = place_read(l, o, true, &p, err);
	json_decref(o);
	if (r)
		return err_trace(err, r, "session");
	if (p.epoch != l->epoch || p.seq != l->seq || memcmp(p.hash, l->hash, sizeof(p.hash)) != 0)
		return LINK_E_MOVED;
	memcpy(l->session, p.session, sizeof(l->session));
	return 0;
}

void
link_batch_format(const struct link *l, const struct batcher *b, struct buf *out)
{
	char prev[2 * LINK_HASH_BYTES + 1];
	text_hex_format(l->hash, sizeof(l->hash), prev);
	buf_printf(out,
	    "{\"v\":1,\"muni\":\"%s\",\"epoch\":%lld,\"seq\":%lld,\"prev\":\"%s\",\"source\":\"%"
	    "s\","
	    "\"register_ms\":%lld,\"urgent\":%s,\"records\":[",
	    l->muni.s, (long long)l->epoch, (long long)l->seq + 1, prev, b->position,
	    (long long)b->register_ms, b->urgent ? "true" : "false");
	buf_put(out, b->ready.p, b->ready.bytes);
	buf_text(out, "]}");
}

/* A signed POST; the session and the signature travel as headers. */
static int
post_signed(const struct link *l, struct arena *a, struct http_ask *q, const char *typ,
    const char *const *members, json_t **ret, struct err *err)
{
	char *jws = NULL;
	int r = jws_sign_detached(a, &l->sync_key, typ, q->body, q->body_bytes, &jws, err);
	if (r)
		return err_fold(err, r, "sign");
	q->method = "POST";
	q->header[0] = arena_printf(a, "Kofu-Signature: %s", jws);
	q->header[1] = arena_printf(a, "Kofu-Session: %s", l->session);
	return ask(l, a, q, members, ret, err);
}

static int
acknowledged(const struct link_parcel *p, const json_t *o, struct err *err)
{
	int64_t seq = 0;
	uint8_t got[LINK_HASH_BYTES];
	int r = js_int(o, "seq", 0, INT64_MAX, &seq, err);
	if (r == 0)
		r = js_hex(o, "hash", got, sizeof(got), err);
	if (r)
		return err_trace(err, r, "acknowledgement");
	if (seq != p->seq || memcmp(got, p->hash, sizeof(got)) != 0)
		return err_raise(err, FAULT_INTEGRITY, "another batch acknowledged", 0);
	return 0;
}

int
link_post(const struct link *l, const struct link_parcel *p, struct err *err)
{
	static const char *const members[] = { "seq", "hash", NULL };
	AUTO(arena) struct arena *a = arena_new(LINK_ARENA_BYTES);
	json_t *o = NULL;
	struct http_ask q = { .path = "/v1/stream/batch",
		.type = "application/gzip",
		.body = p->body.p,
		.body_bytes = p->body.bytes,
		.timeout_ms = LINK_BATCH_TIMEOUT_MS };
	int r = post_signed(l, a, &q, "kofu-batch", members, &o, err);
	if (r == 0)
		r = acknowledged(p, o, err);
	json_decref(o);
	return err_trace(err, r, "batch");
}

int
link_pack(struct link *l, const struct batcher *b, struct link_parcel *ret, struct err *err)
{
	struct buf text;
	struct link_parcel p = { .seq = l->seq + 1,
		.register_ms = b->register_ms,
		.n_records = b->n_ready,
		.urgent = b->urgent,
		.made_ms = clock_mono_ms() };
	buf_init(&text, BATCHER_TXN_MAX_BYTES + BATCHER_FULL_BYTES + LINK_HEAD_BYTES);
	buf_init(&p.body, LINK_MAX_BODY_BYTES);
	buf_expect(&text, b->ready.bytes + LINK_HEAD_BYTES);
	link_batch_format(l, b, &text);
	int r = buf_ok(&text) ? gzip_pack(text.p, text.bytes, &p.body, err)
			      : err_raise(err, FAULT_INTERNAL, "batch does not fit", 0);
	buf_done(&text);
	if (r) {
		buf_done(&p.body);
		return err_trace(err, r, "pack");
	}
	sha256(p.body.p, p.body.bytes, p.hash);
	memcpy(p.position, b->position, sizeof(p.position));
	l->seq = p.seq;
	memcpy(l->hash, p.hash, sizeof(l->hash));
	*ret = p;
	return 0;
}

void
link_acked(struct link *l, const struct link_parcel *p)
{
	l->acked_seq = p->seq;
	memcpy(l->acked_hash, p->hash, sizeof(l->acked_hash));
}

int
link_beat(const struct link *l, int64_t read_ms, struct err *err)
{
	static const char *const members[] = { "seq", NULL };
	AUTO(arena) struct arena *a = arena_new(LINK_ARENA_BYTES);
	char hash[2 * LINK_HASH_BYTES + 1];
	json_t *o = NULL;
	text_hex_format(l->acked_hash, sizeof(l->acked_hash), hash);
	const char *body = arena_printf(a,
	    "{\"v\":1,\"muni\":\"%s\",\"epoch\":%lld,\"seq\":%lld,\"hash\":\"%s\",\"time_ms\":%"
	    "lld}",
	    l->muni.s, (long long)l->epoch, (long long)l->acked_seq, hash, (long long)read_ms);
	struct http_ask q = { .path = "/v1/stream/heartbeat",
		.body = body,
		.body_bytes = strlen(body),
		.timeout_ms = LINK_BEAT_TIMEOUT_MS };
	int r = post_signed(l, a, &q, "kofu-heartbeat", members, &o, err);
	json_decref(o);
	return err_trace(err, r, "beat");
}
