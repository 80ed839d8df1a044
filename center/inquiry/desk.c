/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/desk.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "db/db.h"
#include "center/inquiry/keyring.h"
#include "center/inquiry/report.h"
#include "queries/center_inquiry.h"

#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

enum {
	DESK_POOL = 4,
	DESK_WAIT_MS = 3000,
};

struct desk {
	struct decoder *decoder;
	struct db_pool *pool;
	sem_t turns; /* as many as there are decoders */
	struct keyring *ring;
};

/* A keydir_memory's. */
static int
keys_note(void *self, struct muni_code muni, int64_t seq, int64_t *ret_greatest, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db *db = NULL;
	int r = db_pool_take(self, DESK_WAIT_MS, &db, err);
	if (r)
		return err_fold(err, r, "keys");
	r = db_ask(db, &q_inquiry_keys_note, &rows, err, db_text_arg(muni.s), db_int_arg(seq),
	    db_int_arg(clock_now_ms()));
	if (r == 0)
		*ret_greatest = db_int(rows, 0, 0);
	db_pool_give(self, db);
	return err_fold(err, r, "keys");
}

int
desk_open(const struct inquiry_conf *c, struct desk **ret, struct err *err)
{
	struct desk *d = mem_zero(sizeof(*d));
	(void)sem_init(&d->turns, 0, DECODER_MAX_JOBS);
	/* The template first: it must not inherit the token, the database or a thread. */
	int r = decoder_start(&d->decoder, err);
	if (r == 0)
		r = keyring_open(c, &d->ring, err);
	if (r == 0)
		r = db_pool_open(c->database, DESK_POOL, &d->pool, err);
	if (r == 0)
		r = keyring_remember(d->ring, &(struct keydir_memory){ keys_note, d->pool }, err);
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
	keyring_close(d->ring);
	decoder_stop(d->decoder);
	(void)sem_destroy(&d->turns);
	mem_free(d);
}

void
desk_watch(struct desk *d)
{
	keyring_give(d->ring, keyring_take(d->ring));
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
	const struct check_keys *keys = keyring_take(d->ring);
	if (r == 0)
		r = check_run(job, a, keys, &f->pages, q->codes, q->n_codes, c, err);
	keyring_give(d->ring, keys);
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
