/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks through the replica for papers that cannot be printed, for as long as the console runs:
 * everybody whose rows came lately every few seconds, everybody once a day and when staff ask.
 * Whoever was looked at in the same version, with the same program, fonts and profile, costs no
 * more than a comparison. On a connection and in a thread of its own, behind all that serves.
 */
#include "server/console/survey.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "pki/hash.h"
#include "queries/asp_console.h"
#include "server/admin/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	SURVEY_LOOK_MS = 2000,
	SURVEY_WHOLE_MS = 24 * 3600 * 1000,
	SURVEY_BACK_MS =
	    10 * 60 * 1000,          /* rows of an apply that took long, or of a clock set back */
	SURVEY_AGAIN_MS = 30 * 1000, /* after a fault */
	SURVEY_PAGE_TRIES = 3,       /* a person may go while being looked at */
	SURVEY_NICE = 5,
	SURVEY_PAGE_BYTES = 4 * 1024 * 1024,
	FILE_PIECE_BYTES = 64 * 1024,
};

struct console_survey {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool is_open, started;
	/* Under the lock. */
	bool ending, asked; /* asked: everybody, whether looked at or not */
	struct survey_state state;
	/* The thread's own. */
	uint8_t basis[SURVEY_BASIS_BYTES];
	struct db *db;
	struct render_fonts *fonts;
	int64_t whole_ms, looked_ms; /* when the last ones began; 0 = none yet */
	int64_t epoch;               /* of the load that the last whole one saw */
};

/* --- what a look goes by --- */

static int
file_put(struct sha256_stream *h, const char *path, struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t piece[FILE_PIECE_BYTES];
	ssize_t n = 0;
	uint8_t size[8];
	uint64_t all = 0;
	/* A file that is not there is a basis too: no gaiji font. */
	while (fd >= 0 && ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0) {
			sha256_stream_put(h, piece, (size_t)n);
			all += (uint64_t)n;
		}
	if (n < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "file", errno);
	for (unsigned i = 0; i < 8; i++)
		size[i] = (uint8_t)(all >> (8 * i));
	sha256_stream_put(h, size, sizeof(size));
	return 0;
}

/* The program with its forms, the fonts, the gaiji and the profile: their bytes. */
static int
basis_make(const struct console *c, uint8_t ret[SURVEY_BASIS_BYTES], struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(FILE_PIECE_BYTES);
	uint8_t hash[SHA256_BYTES];
	const char *slash = strrchr(c->conf->fonts, '/');
	const char *gaiji = arena_printf(a, "%.*s%s/gaiji.ttf",
	    slash != NULL ? (int)(slash + 1 - c->conf->fonts) : 0, c->conf->fonts, c->muni.s);
	const char *const paths[] = { "/proc/self/exe", c->conf->fonts, gaiji,
		c->section->profile };
	struct sha256_stream *h = sha256_stream_new();
	int r = 0;
	for (size_t i = 0; i < N_ELEMENTS(paths) && r == 0; i++)
		r = file_put(h, paths[i], err);
	sha256_stream_digest(h, hash);
	sha256_stream_free(h);
	memcpy(ret, hash, SURVEY_BASIS_BYTES);
	return err_trace(err, r, "basis");
}

/* --- one page of persons --- */

void
survey_aad(const uint8_t ref[16], uint8_t ret[SURVEY_AAD_BYTES])
{
	memcpy(ret, "prnt", 4);
	memcpy(ret + 4, ref, 16);
}

static int
note_seal(const struct console *c, struct arena *a, const struct printable_person *p,
    struct db_array *out, struct err *err)
{
	AUTO(json_t) json_t *list = json_array();
	uint8_t aad[SURVEY_AAD_BYTES];
	struct buf b;
	for (unsigned i = 0; i < p->n; i++) {
		json_t *j = json_object();
		js_put_text(j, "item", p->list[i].item);
		js_put_int(j, "kinds", p->list[i].kinds);
		js_put_int(j, "reason", p->list[i].reason);
		js_put_text(j, "why", p->list[i].why);
		js_put_int(j, "at", p->list[i].at);
		(void)json_array_append_new(list, j);
	}
	buf_init(&b, SURVEY_NOTE_BYTES);
	int r = js_format(list, &b, err);
	survey_aad(p->ref.b, aad);
	if (r == 0) {
		struct vault_sealed s = vault_box_seal(&c->vault, a, aad, sizeof(aad), b.p, b.bytes);
		db_array_add_bytes(out, s.p, s.bytes);
	}
	buf_done(&b);
	return err_trace(err, r, "note");
}

struct found {
	struct db_array refs, versions, reasons, sealed;
};

static int
person_add(
    struct console *c, const struct db_rows *rows, size_t i, struct found *f, struct err *err)
{
	enum { VERSION = 6 };
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	const struct printable_with with = { &c->vault, c->survey->fonts, c->profile };
	struct printable_person *p = arena_zero(a, sizeof(*p));
	unsigned reasons = 0;
	int r = printable_look(&with, a, rows, i, p, err);
	if (r)
		return err_trace(err, r, "person");
	for (unsigned k = 0; k < p->n; k++)
		reasons |= 1u << p->list[k].reason;
	db_array_add_bytes(&f->refs, p->ref.b, sizeof(p->ref.b));
	db_array_add_int(&f->versions, db_int(rows, i, VERSION));
	db_array_add_int(&f->reasons, reasons);
	if (p->n > 0)
		return err_trace(err, note_seal(c, a, p, &f->sealed, err), "person");
	db_array_add_bytes(&f->sealed, "", 0);
	return 0;
}

static bool
is_ending(struct console_survey *s)
{
	(void)pthread_mutex_lock(&s->lock);
	bool ending = s->ending;
	(void)pthread_mutex_unlock(&s->lock);
	return ending;
}

/* Lays out those of @rows that are due and writes what was found. */
static int
page_look(struct console *c, const struct db_rows *rows, struct found *f, struct err *err)
{
	enum { DUE = 7 };
	int r = 0;
	for (size_t i = 0; i < db_n(rows) && r == 0 && !is_ending(c->survey); i++)
		if (db_bool(rows, i, DUE))
			r = person_add(c, rows, i, f, err);
	if (r == 0 && f->refs.n > 0)
		r = db_ask(c->survey->db, &q_console_survey_set, NULL, err, db_array_arg(&f->refs),
		    db_array_arg(&f->versions), db_array_arg(&f->reasons), db_array_arg(&f->sealed),
		    db_bytes_arg(c->survey->basis, SURVEY_BASIS_BYTES), db_int_arg(clock_now_ms()));
	return err_trace(err, r, "page");
}

static int
page_write(struct console *c, const struct db_rows *rows, struct err *err)
{
	struct found f;
	db_bytes_array(&f.refs, SURVEY_PAGE_BYTES);
	db_int_array(&f.versions, SURVEY_PAGE_BYTES);
	db_int_array(&f.reasons, SURVEY_PAGE_BYTES);
	db_bytes_array(&f.sealed, SURVEY_PAGE_BYTES);
	int r = page_look(c, rows, &f, err);
	db_array_done(&f.refs);
	db_array_done(&f.versions);
	db_array_done(&f.reasons);
	db_array_done(&f.sealed);
	return r;
}

/* --- everybody, and those with news --- */

static int
whole_page(struct console *c, uint8_t after[16], bool all, bool *ret_more, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct console_survey *s = c->survey;
	int r = db_ask(s->db, &q_console_survey_page, &rows, err, db_bytes_arg(after, 16),
	    db_int_arg(PRINTABLE_PAGE), db_bytes_arg(s->basis, SURVEY_BASIS_BYTES),
	    db_bool_arg(all));
	if (r == 0)
		r = page_write(c, rows, err);
	if (r)
		return err_trace(err, r, "page");
	*ret_more = db_n(rows) == PRINTABLE_PAGE;
	return db_n(rows) > 0 ? column16(rows, db_n(rows) - 1, 0, after, err) : 0;
}

static int
whole_look(struct console *c, bool all, struct err *err)
{
	uint8_t after[16] = { 0 };
	bool more = true;
	unsigned tries = 0;
	int r = 0;
	while (r == 0 && more && !is_ending(c->survey)) {
		r = whole_page(c, after, all, &more, err);
		tries = r == 0 ? 0 : tries + 1;
		if ((r == DB_E_CONFLICT || r == DB_E_RETRY) && tries < SURVEY_PAGE_TRIES)
			r = 0;
	}
	return err_fold(err, r, "everybody");
}

static int
news_look(struct console *c, int64_t since_ms, struct err *err)
{
	bool more = true;
	unsigned tries = 0;
	int r = 0;
	while (r == 0 && more && !is_ending(c->survey)) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		r = db_ask(c->survey->db, &q_console_survey_changed, &rows, err,
		    db_int_arg(since_ms), db_bytes_arg(c->survey->basis, SURVEY_BASIS_BYTES),
		    db_int_arg(PRINTABLE_PAGE));
		if (r == 0)
			r = page_write(c, rows, err);
		more = r != 0 || db_n(rows) == PRINTABLE_PAGE;
		tries = r == 0 ? 0 : tries + 1;
		if ((r == DB_E_CONFLICT || r == DB_E_RETRY) && tries < SURVEY_PAGE_TRIES)
			r = 0;
	}
	return err_fold(err, r, "news");
}

/* --- the thread --- */

/* A new load brings everybody at once, with the time at which it began. */
static int
epoch_read(struct console_survey *s, int64_t *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(s->db, &q_console_survey_epoch, &rows, err);
	if (r == 0)
		*ret = db_int(rows, 0, 0);
	return err_fold(err, r, "epoch");
}

static int
look(struct console *c, bool asked, struct err *err)
{
	struct console_survey *s = c->survey;
	int64_t now_ms = clock_now_ms(), epoch = 0;
	int r = 0;
	if (s->db == NULL)
		r = db_open(c->section->console, &s->db, err);
	if (r == 0)
		r = epoch_read(s, &epoch, err);
	bool whole = asked || epoch != s->epoch || s->whole_ms == 0 ||
	    now_ms - s->whole_ms >= SURVEY_WHOLE_MS || now_ms < s->whole_ms;
	if (r == 0 && s->fonts == NULL)
		r = render_fonts_open(c->conf->fonts, &s->fonts, err);
	if (r == 0)
		r = whole ? whole_look(c, asked, err)
			  : news_look(c, s->looked_ms - SURVEY_BACK_MS, err);
	if (r == 0) {
		s->looked_ms = now_ms;
		s->whole_ms = whole ? now_ms : s->whole_ms;
		s->epoch = epoch;
		return 0;
	}
	db_close(s->db); /* a new one next time */
	s->db = NULL;
	return err_trace(err, r, "look");
}

/* Under the lock. */
static void
rest(struct console_survey *s, int64_t ms)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!s->ending && !s->asked && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
		continue;
}

static void *
survey_run(void *self)
{
	struct console *c = self;
	struct console_survey *s = c->survey;
	if (getpriority(PRIO_PROCESS, 0) < SURVEY_NICE) /* of this thread alone, in Linux */
		(void)setpriority(PRIO_PROCESS, 0, SURVEY_NICE);
	(void)pthread_mutex_lock(&s->lock);
	while (!s->ending) {
		struct err err = { 0 };
		bool asked = s->asked;
		s->state.is_running = asked || s->whole_ms == 0;
		(void)pthread_mutex_unlock(&s->lock);
		int r = look(c, asked, &err);
		if (r)
			log_fault("console.survey", (struct txn_id){ 0 }, &err);
		(void)pthread_mutex_lock(&s->lock);
		s->asked = s->asked && !asked; /* asked for meanwhile: the next one */
		s->state = (struct survey_state){ .is_running = s->asked,
			.has_failed = r != 0,
			.at_ms = r == 0 ? s->looked_ms : s->state.at_ms };
		rest(s, r == 0 ? SURVEY_LOOK_MS : SURVEY_AGAIN_MS);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

int
survey_open(struct console *c, struct err *err)
{
	pthread_condattr_t attr;
	struct console_survey *s = c->survey = mem_zero(sizeof(*c->survey));
	s->state.is_running = true;
	int r = basis_make(c, s->basis, err);
	if (r)
		return err_trace(err, r, "survey");
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	s->is_open = true;
	s->started = pthread_create(&s->thread, NULL, survey_run, c) == 0;
	return s->started ? 0 : err_raise(err, FAULT_UNAVAILABLE, "survey's thread", 0);
}

void
survey_close(struct console *c)
{
	struct console_survey *s = c->survey;
	if (s == NULL)
		return;
	if (s->started) {
		(void)pthread_mutex_lock(&s->lock);
		s->ending = true;
		(void)pthread_cond_signal(&s->wake);
		(void)pthread_mutex_unlock(&s->lock);
		(void)pthread_join(s->thread, NULL);
	}
	if (s->is_open) {
		(void)pthread_cond_destroy(&s->wake);
		(void)pthread_mutex_destroy(&s->lock);
	}
	render_fonts_free(s->fonts);
	db_close(s->db);
	mem_free(s);
	c->survey = NULL;
}

bool
survey_ask(struct console_survey *s)
{
	(void)pthread_mutex_lock(&s->lock);
	bool taken = !s->asked;
	s->asked = true;
	s->state.is_running = true;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
	return taken;
}

void
survey_read(struct console_survey *s, struct survey_state *ret)
{
	(void)pthread_mutex_lock(&s->lock);
	*ret = s->state;
	(void)pthread_mutex_unlock(&s->lock);
}
