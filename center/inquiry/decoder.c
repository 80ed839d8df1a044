/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/decoder.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "center/inquiry/decoder_child.h"
#include "wire/frame.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct decoder {
	int fd; /* to the template */
	pid_t pid;
	pthread_mutex_t lock;
	unsigned jobs;
};
struct decoder_job {
	struct decoder *owner;
	int fd;
	struct decoder_watch watch;
	int patience; /* times the usual wait */
};

/* Forks a job for each descriptor that comes; ends with the site. */
_Noreturn static void
template_run(int fd)
{
	struct buf b;
	struct err err = { 0 };
	(void)signal(SIGCHLD, SIG_IGN); /* jobs are not waited for */
	buf_init(&b, 16);
	for (;;) {
		int job = -1;
		if (frame_recv_fd(fd, &b, &job, &err))
			_exit(0);
		if (job < 0)
			continue;
		pid_t pid = fork();
		if (pid == 0) {
			fd_close(fd);
			(void)signal(SIGCHLD, SIG_DFL);
			decoder_child_run(job);
		}
		fd_close(job);
	}
}

int
decoder_start(struct decoder **ret, struct err *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "socketpair", errno);
	pid_t pid = fork();
	if (pid == 0) {
		fd_close(ends[0]);
		template_run(ends[1]);
	}
	fd_close(ends[1]);
	if (pid < 0) {
		fd_close(ends[0]);
		return err_raise(err, FAULT_UNAVAILABLE, "fork", errno);
	}
	struct decoder *d = mem_zero(sizeof(*d));
	d->fd = ends[0];
	d->pid = pid;
	(void)pthread_mutex_init(&d->lock, NULL);
	*ret = d;
	return 0;
}

void
decoder_stop(struct decoder *d)
{
	if (d == NULL)
		return;
	fd_close(d->fd);
	while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)pthread_mutex_destroy(&d->lock);
	mem_free(d);
}

static int
decoder_hand_over(struct decoder *d, int fd, struct err *err)
{
	(void)pthread_mutex_lock(&d->lock);
	int r = DECODER_E_BUSY;
	if (d->jobs < DECODER_MAX_JOBS) {
		r = frame_send_fd(d->fd, "J", 1, fd, err);
		if (r == 0)
			d->jobs++;
	}
	(void)pthread_mutex_unlock(&d->lock);
	return err_trace(err, r, "decoder_hand_over");
}

int
decoder_open(struct decoder *d, struct decoder_job **ret, struct err *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "socketpair", errno);
	int r = decoder_hand_over(d, ends[1], err);
	fd_close(ends[1]);
	if (r) {
		fd_close(ends[0]);
		return err_trace(err, r, "decoder_open");
	}
	struct decoder_job *j = mem_zero(sizeof(*j));
	j->owner = d;
	j->patience = 1;
	j->fd = ends[0];
	*ret = j;
	return 0;
}

void
decoder_close(struct decoder_job *j)
{
	if (j == NULL)
		return;
	fd_close(j->fd); /* its process ends when nobody is there any more */
	(void)pthread_mutex_lock(&j->owner->lock);
	j->owner->jobs--;
	(void)pthread_mutex_unlock(&j->owner->lock);
	mem_free(j);
}

void
decoder_set_watch(struct decoder_job *j, const struct decoder_watch *w)
{
	j->watch = *w;
}

void
decoder_set_patience(struct decoder_job *j, unsigned times)
{
	j->patience = (int)(times < DECODER_MAX_PATIENCE ? times : DECODER_MAX_PATIENCE);
}

/* A page of the answer to come is done. False when it is no such message. */
static bool
job_progress(struct decoder_job *j, struct rd *in)
{
	unsigned done = rd_u8(in);
	unsigned of = rd_u8(in);
	unsigned file = rd_u8(in);
	unsigned page = rd_u8(in);
	enum decoder_page_kind kind = rd_u8(in);
	if (!rd_done(in) || of > LOAD_MAX_PAGES || done > of)
		return false;
	if (j->watch.page != NULL)
		j->watch.page(j->watch.self, done, of, file, page, kind);
	return true;
}

/* One question and its answer; the answer's body stays in @in, which the caller frees. */
static int
job_ask(struct decoder_job *j, const struct buf *q, int timeout_ms, struct buf *answer,
    struct rd *ret_in, struct err *err)
{
	if (!buf_ok(q))
		return err_raise(err, FAULT_BAD_INPUT, "request over its limit", 0);
	int32_t r = DECODER_PROGRESS;
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	if (frame_send(j->fd, q->p, q->bytes, timeout_ms, err))
		return DECODER_E_DIED;
	for (unsigned n = 0; r == DECODER_PROGRESS; n++) {
		int64_t left_ms = until_ms - clock_mono_ms();
		if (frame_recv(j->fd, answer, left_ms > 1 ? (int)left_ms : 1, err))
			return DECODER_E_DIED;
		*ret_in = rd_init(answer->p, answer->bytes);
		r = (int32_t)rd_u32(ret_in);
		if (!rd_ok(ret_in) || n > LOAD_MAX_PAGES ||
		    (r == DECODER_PROGRESS && !job_progress(j, ret_in)))
			return DECODER_E_DIED;
	}
	if (r < 0)
		return err_raise(err, FAULT_INTERNAL, "decoder's fault", r);
	return r;
}

static void
take_info(struct rd *in, struct backside_info *i)
{
	i->dpi = rd_u32(in) / 100.0;
	i->angle_deg = (int32_t)rd_u32(in) / 100.0;
	i->mirrored = rd_u8(in) != 0;
	i->tiles_found = rd_u32(in);
	i->tiles_total = rd_u32(in);
	i->rate = rd_u8(in);
	i->missing_edges = rd_u32(in);
	i->another = rd_u8(in) != 0;
}

static void
take_page(struct rd *in, struct arena *a, struct decoder_page *p)
{
	p->file = rd_u8(in);
	p->page = rd_u8(in);
	p->kind = rd_u8(in);
	p->w = rd_u32(in);
	p->h = rd_u32(in);
	take_info(in, &p->info);
	const uint8_t *sealed = rd_field32(in, &p->sealed_bytes);
	if (p->sealed_bytes > 0)
		p->sealed = arena_memdup(a, sealed, p->sealed_bytes);
	size_t bytes = 0;
	const uint8_t *code = rd_field16(in, &bytes);
	if (bytes > 0)
		p->front_code = arena_strndup(a, (const char *)code, bytes);
}

/* The decoder is trusted with nothing: its answer is read as a stranger's. */
static int
take_pages(struct rd *in, struct arena *a, struct decoder_pages *ret)
{
	ret->n = rd_u8(in);
	if (ret->n > LOAD_MAX_PAGES)
		return DECODER_E_DIED;
	for (unsigned i = 0; i < ret->n; i++)
		take_page(in, a, &ret->page[i]);
	return rd_done(in) ? 0 : DECODER_E_DIED;
}

int
decoder_read(struct decoder_job *j, struct arena *a, const struct decoder_file *files, unsigned n,
    struct decoder_pages *ret, struct err *err)
{
	struct buf q;
	struct buf answer;
	struct rd in;
	struct decoder_pages pages = { .n = 0 };
	buf_init(&q, FRAME_MAX_BYTES);
	buf_init(&answer, FRAME_MAX_BYTES);
	buf_u8(&q, DECODER_OP_READ);
	buf_u8(&q, (uint8_t)n);
	for (unsigned i = 0; i < n; i++)
		buf_field32(&q, files[i].p, files[i].bytes);
	int r = job_ask(j, &q, j->patience * DECODER_READ_MS, &answer, &in, err);
	if (r == 0)
		r = take_pages(&in, a, &pages);
	if (r == 0)
		*ret = pages;
	buf_done(&q);
	buf_done(&answer);
	return err_trace(err, r, "decoder_read");
}

static int
take_verdict(struct rd *in, struct arena *a, const struct compare_box *areas, unsigned n,
    struct decoder_verdict *v)
{
	v->result = (int)rd_u32(in);
	v->score = rd_u32(in) / 1000.0;
	v->dpi = rd_u32(in) / 100.0;
	v->angle_deg = (int32_t)rd_u32(in) / 100.0;
	v->n_differing_windows = rd_u32(in);
	v->n_margin_windows = rd_u32(in);
	v->missing_edges = rd_u32(in);
	v->first.x = rd_u16(in);
	v->first.y = rd_u16(in);
	v->areas = arena_zero_n(a, n + 1, sizeof(*v->areas));
	for (unsigned i = 0; i < n; i++) {
		v->areas[i].box = areas[i];
		v->areas[i].differs = rd_u8(in) != 0;
		v->areas[i].worst = rd_u32(in) / 1000.0;
	}
	const uint8_t *png = rd_field32(in, &v->difference_png_bytes);
	if (v->difference_png_bytes > 0)
		v->difference_png = arena_memdup(a, png, v->difference_png_bytes);
	return rd_done(in) ? 0 : DECODER_E_DIED;
}

static void
put_ground(struct buf *q, const struct payload_ground *g)
{
	buf_u8(q, g->on);
	buf_u8(q, (uint8_t)(g->balance + PAYLOAD_MAX_BALANCE));
	buf_u8(q, (uint8_t)g->n_clears);
	for (unsigned i = 0; i < g->n_clears; i++) {
		buf_u16(q, g->clears[i].x);
		buf_u16(q, g->clears[i].y);
		buf_u16(q, g->clears[i].w);
		buf_u16(q, g->clears[i].h);
	}
}

int
decoder_compare(struct decoder_job *j, struct arena *a, unsigned page, const uint8_t *front,
    const struct payload_ground *ground, double dpi_hint, const struct compare_box *areas,
    unsigned n_areas, struct decoder_verdict *ret, struct err *err)
{
	struct buf q;
	struct buf answer;
	struct rd in;
	struct decoder_verdict v = { 0 };
	if (n_areas > DECODER_MAX_AREAS)
		return err_raise(err, FAULT_BAD_INPUT, "areas", (long)n_areas);
	buf_init(&q, FRAME_MAX_BYTES);
	buf_init(&answer, FRAME_MAX_BYTES);
	buf_u8(&q, DECODER_OP_COMPARE);
	buf_u8(&q, (uint8_t)page);
	buf_u32(&q, (uint32_t)(dpi_hint * 100));
	buf_u16(&q, (uint16_t)n_areas);
	for (unsigned i = 0; i < n_areas; i++) {
		buf_u16(&q, (uint16_t)areas[i].x);
		buf_u16(&q, (uint16_t)areas[i].y);
		buf_u16(&q, (uint16_t)areas[i].w);
		buf_u16(&q, (uint16_t)areas[i].h);
	}
	put_ground(&q, ground);
	buf_put(&q, front, FRONT_BYTES);
	int r = job_ask(j, &q, j->patience * DECODER_COMPARE_MS, &answer, &in, err);
	if (r == 0)
		r = take_verdict(&in, a, areas, n_areas, &v);
	if (r == 0)
		*ret = v;
	buf_done(&q);
	buf_done(&answer);
	return err_trace(err, r, "decoder_compare");
}

int
decoder_front_png(struct decoder_job *j, struct arena *a, const uint8_t *front, const uint8_t **ret,
    size_t *ret_bytes, struct err *err)
{
	struct buf q;
	struct buf answer;
	struct rd in;
	size_t bytes = 0;
	buf_init(&q, FRAME_MAX_BYTES);
	buf_init(&answer, FRAME_MAX_BYTES);
	buf_u8(&q, DECODER_OP_PNG);
	buf_put(&q, front, FRONT_BYTES);
	int r = job_ask(j, &q, j->patience * DECODER_COMPARE_MS, &answer, &in, err);
	const uint8_t *png = r == 0 ? rd_field32(&in, &bytes) : NULL;
	if (r == 0 && (png == NULL || !rd_done(&in)))
		r = DECODER_E_DIED;
	if (r == 0) {
		*ret = arena_memdup(a, png, bytes);
		*ret_bytes = bytes;
	}
	buf_done(&q);
	buf_done(&answer);
	return err_trace(err, r, "decoder_front_png");
}
