/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/stream.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* A connection on which nothing comes for HTTP_TIMEOUT_S is cut off. */
enum { STREAM_QUIET_S = 5, STREAM_MAX_BYTES = 64 * 1024 * 1024 };

struct stream {
	struct ask q;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct buf ready; /* lines not yet taken */
	bool ended;       /* no line will come any more */
	bool gone;        /* nobody takes them any more */
	unsigned item;    /* the paper of a batch that is read now */
};

/* Takes over @o. */
static void
put_line(struct stream *s, json_t *o)
{
	struct buf line;
	struct err err = { 0 };
	buf_init(&line, JS_MAX_BYTES);
	int r = js_format(o, &line, &err);
	json_decref(o);
	if (r)
		log_fault("inquiry.line", s->q.txn, &err);
	(void)pthread_mutex_lock(&s->lock);
	if (r == 0) {
		buf_put(&s->ready, line.p, line.bytes);
		buf_u8(&s->ready, '\n');
	}
	(void)pthread_cond_signal(&s->more);
	(void)pthread_mutex_unlock(&s->lock);
	buf_done(&line);
}

static json_t *
event(const struct stream *s, const char *name)
{
	json_t *o = json_object();
	js_put_text(o, "event", name);
	if (s->q.batch)
		js_put_int(o, "paper", s->item);
	return o;
}

static void
on_page(void *self, unsigned done, unsigned of, unsigned file, unsigned page,
    enum decoder_page_kind kind)
{
	struct stream *s = self;
	json_t *o = event(s, "page");
	js_put_int(o, "done", done);
	js_put_int(o, "of", of);
	js_put_int(o, "file", s->q.batch ? s->item : file);
	js_put_int(o, "page", page);
	js_put_text(o, "kind", answer_side_code(kind));
	put_line(s, o);
}

static void
put_problem(struct stream *s, int r)
{
	unsigned status = 0;
	const char *code = ask_problem(r, &status);
	json_t *o = event(s, "problem");
	js_put_int(o, "status", status);
	js_put_text(o, "code", code);
	put_line(s, o);
}

/* One inquiry; returns its verdict, 0 for a refusal. */
static unsigned
run_item(struct stream *s)
{
	AUTO(arena) struct arena *a = arena_new(HTTP_ARENA_BYTES);
	struct desk_answer answer = { .json = NULL };
	struct err err = { 0 };
	struct desk_ask d = ask_desk(&s->q, a, s->item);
	d.watch = (struct decoder_watch){ on_page, s };
	int r = desk_check(s->q.site->desk, a, &d, &answer, &err);
	LOG(LOG_LVL_NOTICE, "inquiry.checked", LOG_F("txn", s->q.txn), LOG_F("files", d.n_files),
	    LOG_F("outcome", r), LOG_F("verdict", r ? 0 : (int)answer.worst));
	if (r < 0)
		log_fault("inquiry.fault", s->q.txn, &err);
	if (r) {
		put_problem(s, r);
		return 0;
	}
	json_t *o = event(s, "answer");
	js_put(o, "answer", answer.json);
	put_line(s, o);
	return answer.worst;
}

static bool
is_gone(struct stream *s)
{
	(void)pthread_mutex_lock(&s->lock);
	bool gone = s->gone;
	(void)pthread_mutex_unlock(&s->lock);
	return gone;
}

static void
run_batch(struct stream *s)
{
	unsigned n[CHECK_UNDECIDED + 1] = { 0 };
	json_t *o = json_object();
	js_put_text(o, "event", "batch");
	js_put_text(o, "batch", s->q.id);
	js_put_int(o, "papers", s->q.n_files);
	put_line(s, o);
	for (s->item = 0; s->item < s->q.n_files && !is_gone(s); s->item++)
		n[run_item(s)]++;
	o = json_object();
	js_put_text(o, "event", "end");
	js_put_int(o, "match", n[CHECK_MATCH]);
	js_put_int(o, "altered", n[CHECK_ALTERED]);
	js_put_int(o, "undecided", n[CHECK_UNDECIDED]);
	js_put_int(o, "refused", n[0]);
	put_line(s, o);
}

static void *
run(void *self)
{
	struct stream *s = self;
	if (s->q.batch)
		run_batch(s);
	else
		(void)run_item(s);
	(void)pthread_mutex_lock(&s->lock);
	s->ended = true;
	(void)pthread_cond_signal(&s->more);
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Waits for lines; after a while of silence an empty one says that somebody is there. */
static int
next(void *self, struct buf *out, struct err *err)
{
	struct stream *s = self;
	struct timespec until;
	int late = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STREAM_QUIET_S;
	(void)pthread_mutex_lock(&s->lock);
	while (s->ready.bytes == 0 && !s->ended && late == 0)
		late = pthread_cond_timedwait(&s->more, &s->lock, &until);
	bool ok = buf_ok(&s->ready);
	if (s->ready.bytes > 0) {
		size_t n =
		    s->ready.bytes < HTTP_PIECE_MAX_BYTES ? s->ready.bytes : HTTP_PIECE_MAX_BYTES;
		buf_put(out, s->ready.p, n);
		memmove(s->ready.p, s->ready.p + n, s->ready.bytes - n);
		s->ready.bytes -= n;
	} else if (!s->ended) {
		buf_u8(out, '\n');
	}
	(void)pthread_mutex_unlock(&s->lock);
	return ok ? 0 : err_raise(err, FAULT_INTERNAL, "lines over their limit", 0);
}

static void
done(void *self)
{
	struct stream *s = self;
	(void)pthread_mutex_lock(&s->lock);
	s->gone = true;
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	buf_done(&s->ready);
	(void)pthread_cond_destroy(&s->more);
	(void)pthread_mutex_destroy(&s->lock);
}

int
stream_start(struct arena *a, const struct ask *q, struct http_res *res, struct err *err)
{
	struct stream *s = arena_zero(a, sizeof(*s));
	pthread_condattr_t attr;
	s->q = *q;
	buf_init(&s->ready, STREAM_MAX_BYTES);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->more, &attr);
	(void)pthread_condattr_destroy(&attr);
	int r = pthread_create(&s->thread, NULL, run, s);
	if (r)
		return err_raise(err, FAULT_UNAVAILABLE, "thread", r);
	res->type = "application/x-ndjson";
	res->next = next;
	res->done = done;
	res->stream = s;
	return 0;
}
