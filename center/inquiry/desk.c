/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/desk.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "db/db.h"
#include "center/inquiry/ownkeys.h"
#include "center/inquiry/report.h"
#include "domain/muni.h"
#include "pki/token.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

enum {
	DESK_POOL = 4,
	DESK_WAIT_MS = 3000,
	KEYS_FILE_MAX_BYTES = 16384,
	DESK_ARENA_BYTES = 8 * 1024 * 1024
};

struct desk {
	struct arena *arena; /* the municipalities' keys */
	struct decoder *decoder;
	struct db_pool *pool;
	sem_t turns;         /* as many as there are decoders */
	struct token *token; /* one session: */
	pthread_mutex_t token_lock;
	struct desk_key {
		struct desk *desk;
		struct key_agreer in_token;
	} in_token[OWNKEYS_MAX];
	struct key_agreer own[OWNKEYS_MAX]; /* lock, then ask in_token; newest first */
	struct key_id destroyed[OWNKEYS_MAX];
	struct check_keys keys;
};

static int
locked_agree(
    void *self, const struct key_point *peer, uint8_t shared[KEY_SHARED_BYTES], struct err *err)
{
	struct desk_key *k = self;
	(void)pthread_mutex_lock(&k->desk->token_lock);
	int r = k->in_token.agree(k->in_token.self, peer, shared, err);
	(void)pthread_mutex_unlock(&k->desk->token_lock);
	return r;
}

/* Destroyed, or not in the token any more because destroying it was cut short. */
static void
key_gone(struct desk *d, const struct key_id *id)
{
	d->destroyed[d->keys.n_destroyed++] = *id;
}

static int
open_key(struct desk *d, const struct ownkeys_entry *e, struct err *err)
{
	struct desk_key *k = &d->in_token[d->keys.n_own];
	if (e->destroyed_ms != 0) {
		key_gone(d, &e->id);
		return 0;
	}
	int r = token_agreer(d->token, e->label, &k->in_token, err);
	if (r == TOKEN_E_NO_KEY) {
		LOG(LOG_LVL_ERR, "inquiry.key-missing", LOG_F("made_ms", (long)e->made_ms));
		key_gone(d, &e->id);
		return 0;
	}
	if (r)
		return err_trace(err, r, "key");
	k->desk = d;
	d->own[d->keys.n_own++] = (struct key_agreer){ k, k->in_token.point, locked_agree };
	return 0;
}

static int
open_token(struct desk *d, const struct inquiry_conf *c, struct err *err)
{
	const struct token_conf t = { c->token_module, c->token_label, c->token_pin };
	struct ownkeys keys;
	int r = ownkeys_load(d->arena, c, &keys, err);
	if (r == 0)
		r = token_open(&t, &d->token, err);
	for (unsigned i = keys.n; r == 0 && i > 0; i--)
		r = open_key(d, &keys.entry[i - 1], err);
	if (r)
		return err_trace(err, r, "token");
	if (d->keys.n_own == 0)
		return err_raise(err, FAULT_CONFIG, "no inquiry key in the token: run init", 0);
	d->keys.own = d->own;
	d->keys.destroyed = d->destroyed;
	return 0;
}

/* {"keys":[{"kid":<16 hex>,"point":b64url}]}; further members are kofu-seal's own. */
static int
load_signers(struct arena *a, const struct inquiry_muni_conf *m, struct check_signer *out,
    unsigned max, unsigned *ret_n, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	const json_t *list = NULL;
	uint8_t *text = NULL;
	size_t bytes = 0;
	struct muni_code muni;
	if (!muni_parse(m->code, strlen(m->code), &muni))
		return err_raise(err, FAULT_CONFIG, "municipality code", 0);
	if (file_read(a, m->keys, KEYS_FILE_MAX_BYTES, &text, &bytes, err) != 0)
		return err_raise(err, FAULT_CONFIG, "no file of public keys", 0);
	int r = js_parse(text, bytes, &o, err);
	if (r == 0)
		r = js_array(o, "keys", max, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const json_t *k = json_array_get(list, i);
		uint8_t *point = NULL;
		r = js_b64url(a, k, "point", KEY_POINT_BYTES, &point, &bytes, err);
		if (r == 0 && bytes != KEY_POINT_BYTES)
			r = err_raise(err, FAULT_CONFIG, "point", (long)bytes);
		if (r)
			break;
		out[i].muni = muni;
		memcpy(out[i].point.b, point, KEY_POINT_BYTES);
		r = key_point_check(&out[i].point, err);
		key_id_of(&out[i].point, &out[i].id);
	}
	if (r)
		return err_trace(err, r, "load_signers");
	*ret_n = (unsigned)json_array_size(list);
	return 0;
}

static int
load_all_signers(struct desk *d, const struct inquiry_conf *c, struct err *err)
{
	struct check_signer *all =
	    arena_zero_n(d->arena, (size_t)c->n_munis * INQUIRY_MAX_KEYS + 1, sizeof(*all));
	unsigned n = 0;
	for (unsigned i = 0; i < c->n_munis; i++) {
		unsigned more = 0;
		int r = load_signers(d->arena, &c->munis[i], all + n, INQUIRY_MAX_KEYS, &more, err);
		if (r)
			return err_trace(err, r, "load_all_signers");
		n += more;
	}
	d->keys.signers = all;
	d->keys.n_signers = n;
	return 0;
}

int
desk_open(const struct inquiry_conf *c, struct desk **ret, struct err *err)
{
	struct desk *d = mem_zero(sizeof(*d));
	d->arena = arena_new(DESK_ARENA_BYTES);
	(void)pthread_mutex_init(&d->token_lock, NULL);
	(void)sem_init(&d->turns, 0, DECODER_MAX_JOBS);
	/* The template first: it must not inherit the token, the database or a thread. */
	int r = decoder_start(&d->decoder, err);
	if (r == 0)
		r = open_token(d, c, err);
	if (r == 0)
		r = load_all_signers(d, c, err);
	if (r == 0)
		r = db_pool_open(c->database, DESK_POOL, &d->pool, err);
	if (r) {
		desk_close(d);
		return err_trace(err, r, "desk_open");
	}
	*ret = d;
	return 0;
}

void
desk_close(struct desk *d)
{
	if (d == NULL)
		return;
	if (d->pool != NULL)
		db_pool_close(d->pool);
	token_close(d->token);
	decoder_stop(d->decoder);
	(void)sem_destroy(&d->turns);
	(void)pthread_mutex_destroy(&d->token_lock);
	arena_free(d->arena);
	mem_free(d);
}

/* ---- the center's tables ---- */

static int
read_standings(struct desk *d, struct arena *a, const struct desk_ask *q,
    const struct check_result *c, struct standing *s, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(d->pool, DESK_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "read_standings");
	for (unsigned i = 0; r == 0 && i < c->n; i++) {
		const struct check_paper *p = &c->paper[i];
		if (!p->opened)
			continue;
		const struct record_inquiry one = { arena_printf(a, "%s-%u", q->id, i + 1),
			p->record.issue_number, p->record.page,
			check_reason_info(p->reason)->verdict, q->at_ms };
		r = record_standing(db, a, one.number, &s[i], err);
		if (r == 0)
			r = record_add(db, &one, &s[i], err);
	}
	db_pool_give(d->pool, db);
	return err_trace(err, r, "read_standings");
}

int
desk_standing(
    struct desk *d, struct arena *a, const char *number, struct standing *ret, struct err *err)
{
	struct db *db = NULL;
	struct standing s = { 0 };
	int r = db_pool_take(d->pool, DESK_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "desk_standing");
	r = record_standing(db, a, number, &s, err);
	db_pool_give(d->pool, db);
	if (r == 0)
		*ret = s;
	return err_trace(err, r, "desk_standing");
}

int
desk_key_check(struct desk *d, const struct apikey *key, unsigned *ret_per_minute, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(d->pool, DESK_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "desk_key_check");
	r = record_key_check(db, key, ret_per_minute, err);
	db_pool_give(d->pool, db);
	return err_trace(err, r, "desk_key_check");
}

int
desk_request_claim(struct desk *d, struct record_request *q, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(d->pool, DESK_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "desk_request_claim");
	r = record_request_claim(db, q, err);
	db_pool_give(d->pool, db);
	return err_trace(err, r, "desk_request_claim");
}

/* ---- the inquiry ---- */

/* False when no decoder came free in time. */
static bool
turn_take(struct desk *d, int wait_ms)
{
	struct timespec until;
	int r;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	while ((r = sem_clockwait(&d->turns, CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR)
		;
	return r == 0;
}

struct found {
	struct decoder_pages pages;
	struct check_result result;
	struct standing standings[CHECK_MAX_PAPERS];
	struct answer_picture fronts[CHECK_MAX_PAPERS];
};

static int
check_in_decoder(struct desk *d, struct arena *a, const struct desk_ask *q, struct decoder_job *job,
    struct found *f, struct err *err)
{
	struct check_result *c = &f->result;
	decoder_set_watch(job, &q->watch);
	int r = decoder_read(job, a, q->files, q->n_files, &f->pages, err);
	if (r == 0)
		r = check_run(job, a, &d->keys, &f->pages, q->codes, q->n_codes, c, err);
	for (unsigned i = 0; r == 0 && q->pictures && i < c->n; i++)
		if (c->paper[i].opened)
			r = decoder_front_png(
			    job, a, c->paper[i].front, &f->fronts[i].p, &f->fronts[i].bytes, err);
	return err_trace(err, r, "check_in_decoder");
}

static enum check_verdict
worst_of(const struct check_result *c)
{
	enum check_verdict worst = CHECK_MATCH;
	for (unsigned i = 0; i < c->n; i++) {
		enum check_verdict v = check_reason_info(c->paper[i].reason)->verdict;
		if (v == CHECK_ALTERED || (v == CHECK_UNDECIDED && worst == CHECK_MATCH))
			worst = v;
	}
	return worst;
}

void
desk_new_id(char ret[DESK_ID_CHARS + 1])
{
	uint8_t random[DESK_ID_CHARS / 2];
	rand_bytes(random, sizeof(random));
	text_hex_format(random, sizeof(random), ret);
}

int
desk_check(struct desk *d, struct arena *a, const struct desk_ask *q, struct desk_answer *ret,
    struct err *err)
{
	struct decoder_job *job = NULL;
	struct found *f = arena_zero(a, sizeof(*f));
	if (!turn_take(d, q->wait_ms))
		return DECODER_E_BUSY;
	int r = decoder_open(d->decoder, &job, err);
	if (r == 0)
		r = check_in_decoder(d, a, q, job, f, err);
	decoder_close(job);
	(void)sem_post(&d->turns);
	if (r == 0)
		r = read_standings(d, a, q, &f->result, f->standings, err);
	if (r)
		return err_trace(err, r, "desk_check");
	const struct answer_input in = { .arena = a,
		.inquiry = q->id,
		.at_ms = q->at_ms,
		.result = &f->result,
		.pages = &f->pages,
		.standings = f->standings,
		.pictures = q->pictures,
		.opened = q->opened,
		.front_png = f->fronts };
	if (q->report)
		r = report_write(a, &in, &ret->report, &ret->report_bytes, err);
	if (r)
		return err_trace(err, r, "desk_check");
	ret->json = answer_json(&in);
	if (q->report)
		js_put_b64url(ret->json, "report_pdf", ret->report, ret->report_bytes);
	ret->worst = worst_of(&f->result);
	return 0;
}
