/* SPDX-License-Identifier: Apache-2.0 */
/* Whose certificate cannot be printed: laid out in the background, the newest list kept in memory.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "server/admin/printable.h"
#include "server/console/console.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SURVEY_MAX_BYTES = 2 * 1024 * 1024 };

struct console_survey {
	pthread_mutex_t lock;
	pthread_t thread;
	bool running, started; /* started: there is a thread to join */
	bool failed;
	int64_t at_ms;
	struct printable_sum sum;
	struct buf lines; /* as printable_list() writes them */
};

/* cookie is the buf: what is over its limit fails the list, never cuts it in silence. */
static ssize_t
survey_write(void *cookie, const char *p, size_t bytes)
{
	struct buf *b = cookie;
	buf_put(b, p, bytes);
	return buf_ok(b) ? (ssize_t)bytes : 0;
}

static int
survey_make(struct console *c, struct buf *lines, struct printable_sum *sum, struct err *err)
{
	AUTO(render_fonts) struct render_fonts *fonts = NULL;
	struct db *db = NULL;
	const cookie_io_functions_t io = { .write = survey_write };
	FILE *out = fopencookie(lines, "w", io);
	if (out == NULL)
		return err_raise(err, FAULT_NOMEM, "list", 0);
	int r = db_open(c->section->console, &db, err);
	if (r == 0)
		r = render_fonts_open(c->conf->fonts, &fonts, err);
	if (r == 0)
		r = printable_list(db, &c->vault, fonts, c->profile, out, sum, err);
	if (fclose(out) != 0 && r == 0)
		r = err_raise(err, FAULT_INTERNAL, "list over its limit", 0);
	db_close(db);
	return err_fold(err, r, "survey");
}

static void *
survey_run(void *self)
{
	struct console *c = self;
	struct console_survey *s = c->survey;
	struct err err = { 0 };
	struct printable_sum sum = { 0 };
	struct buf lines;
	buf_init(&lines, SURVEY_MAX_BYTES);
	int r = survey_make(c, &lines, &sum, &err);
	if (r)
		log_fault("console.survey", (struct txn_id){ 0 }, &err);
	(void)pthread_mutex_lock(&s->lock);
	s->running = false;
	s->failed = r != 0;
	if (r == 0) {
		buf_done(&s->lines);
		s->lines = lines;
		s->sum = sum;
		s->at_ms = clock_now_ms();
	} else {
		buf_done(&lines);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

int
survey_open(struct console *c, struct err *err)
{
	c->survey = mem_zero(sizeof(*c->survey));
	buf_init(&c->survey->lines, SURVEY_MAX_BYTES);
	int r = pthread_mutex_init(&c->survey->lock, NULL);
	return r == 0 ? 0 : err_raise(err, FAULT_INTERNAL, "survey", r);
}

void
survey_close(struct console *c)
{
	if (c->survey == NULL)
		return;
	if (c->survey->started)
		(void)pthread_join(c->survey->thread, NULL);
	buf_done(&c->survey->lines);
	(void)pthread_mutex_destroy(&c->survey->lock);
	mem_free(c->survey);
	c->survey = NULL;
}

int
console_printable_run(struct ask *q, struct err *err)
{
	static const char *const members[] = { NULL };
	struct console_survey *s = q->c->survey;
	int r = ask_members(q, members, err);
	if (r)
		return err_trace(err, r, "survey");
	(void)pthread_mutex_lock(&s->lock);
	if (!s->running && s->started) {
		(void)pthread_join(s->thread, NULL);
		s->started = false;
	}
	r = s->running ? CONSOLE_E_BUSY : 0;
	if (r == 0 && pthread_create(&s->thread, NULL, survey_run, q->c) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "survey's thread", 0);
	if (r == 0)
		s->running = s->started = true;
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}

/* 団体コード, 宛名番号, item, kinds, why: between them a tab. */
static void
line_describe(struct ask *q, char *line, json_t *list)
{
	static const char *const keys[] = { "muni", "atena_no", "item", "kinds", "why" };
	struct person_ref ref;
	json_t *j = json_object();
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		char *word = strsep(&line, "\t");
		if (i == 0 || word == NULL)
			continue;
		js_put_text(j, keys[i], word);
		if (i != 1 || strcmp(word, "-") == 0)
			continue;
		vault_person_ref(&q->c->vault, word, &ref);
		ask_subject(q, ref.b);
	}
	(void)json_array_append_new(list, j);
}

int
console_printable(struct ask *q, struct err *err)
{
	struct console_survey *s = q->c->survey;
	json_t *list = json_array();
	js_put(q->out, "lines", list);
	(void)err;
	(void)pthread_mutex_lock(&s->lock);
	char *text =
	    arena_strndup(q->a, s->lines.bytes > 0 ? (const char *)s->lines.p : "", s->lines.bytes);
	js_put_bool(q->out, "running", s->running);
	js_put_bool(q->out, "failed", s->failed);
	js_put_int(q->out, "at_ms", s->at_ms);
	js_put_int(q->out, "persons", s->sum.n_persons);
	js_put_int(q->out, "bad", s->sum.n_bad);
	(void)pthread_mutex_unlock(&s->lock);
	for (char *line; (line = strsep(&text, "\n")) != NULL;)
		if (line[0] != '\0' && json_array_size(list) < CONSOLE_MAX_LIST)
			line_describe(q, line, list);
	return 0;
}
