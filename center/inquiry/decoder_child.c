/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/decoder_child.h"
#include "base/file.h"
#include "base/text.h"
#include "center/inquiry/qr.h"
#include "center/inquiry/screen.h"
#include "wire/frame.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_ARENA_BYTES = 1900 * 1024 * 1024, PDF_MAX_PGM_BYTES = LOAD_MAX_PIXELS + 4096 };

struct child {
	int fd;
	struct arena *arena;
	struct load_pages pages;
};

/* ---- PDF: poppler's own program, told to read and write pipes only ---- */

_Noreturn static void
pdf_exec(int in, int out, unsigned cpu_s)
{
	struct err err = { 0 };
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(71);
	(void)close_range(3, ~0U, 0);
	if (decoder_wall_pdf(cpu_s, &err))
		_exit(71);
	char *const argv[] = { (char[]){ "pdftoppm" }, (char[]){ "-gray" }, (char[]){ "-r" },
		(char[]){ "300" }, (char[]){ "-l" }, (char[]){ "9" }, (char[]){ "-" }, NULL };
	char *const env[] = { (char[]){ "LC_ALL=C" }, (char[]){ "PATH=/usr/bin:/bin" }, NULL };
	(void)execve("/usr/bin/pdftoppm", argv, env);
	_exit(71);
}

/* Feeds @pdf and collects what comes, both at once: neither side may block the other. */
static int
pdf_pump(int in, int out, const uint8_t *pdf, size_t bytes, struct buf *pgm)
{
	uint8_t piece[65536];
	size_t sent = 0;
	for (;;) {
		struct pollfd p[2] = { { .fd = out, .events = POLLIN },
			{ .fd = sent < bytes ? in : -1, .events = POLLOUT } };
		if (poll(p, 2, DECODER_READ_MS) <= 0)
			return -1;
		if (p[1].revents & (POLLERR | POLLHUP))
			sent = bytes; /* it has read what it wanted */
		if (p[1].revents & POLLOUT) {
			ssize_t n = write(in, pdf + sent, bytes - sent);
			sent = n > 0 ? sent + (size_t)n : bytes;
			if (sent == bytes)
				fd_close(in);
		}
		if (!(p[0].revents & (POLLIN | POLLHUP)))
			continue;
		ssize_t n = read(out, piece, sizeof(piece));
		if (n <= 0)
			return n == 0 ? 0 : -1;
		buf_put(pgm, piece, (size_t)n);
		if (!buf_ok(pgm))
			return -1;
	}
}

int
decoder_pdf_to_pgm(const void *pdf, size_t bytes, unsigned cpu_s, struct buf *out, struct err *err)
{
	int to[2];
	int from[2];
	int status = 0;
	if (pipe(to) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "pipe", errno);
	if (pipe(from) != 0) {
		fd_close(to[0]);
		fd_close(to[1]);
		return err_raise(err, FAULT_UNAVAILABLE, "pipe", errno);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	pid_t pid = fork();
	if (pid == 0)
		pdf_exec(to[0], from[1], cpu_s);
	fd_close(to[0]);
	fd_close(from[1]);
	int r = pid < 0 ? -1 : pdf_pump(to[1], from[0], pdf, bytes, out);
	fd_close(from[0]);
	if (pid > 0 && r)
		(void)kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "fork", errno);
	if (r && !buf_ok(out))
		return LOAD_E_TOO_MANY_PIXELS;
	return r || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || out->bytes == 0
	    ? LOAD_E_NO_PICTURE
	    : 0;
}

/* ---- reading ---- */

struct upload {
	const uint8_t *p;
	size_t bytes;
};

/* Processor time that is left to turn files into pictures; pdftoppm's counts. */
static unsigned
load_cpu_left(void)
{
	struct rusage u;
	if (getrusage(RUSAGE_CHILDREN, &u) != 0)
		return 0;
	const unsigned all = DECODER_LOAD_CPU_S;
	unsigned used = (unsigned)(u.ru_utime.tv_sec + u.ru_stime.tv_sec);
	return used < all ? all - used : 0;
}

/* Files of the request, PDF turned into PGM: the last step before the wall goes up. */
static int
take_files(struct rd *in, struct upload *files, unsigned *ret_n, struct err *err)
{
	unsigned n = rd_u8(in);
	if (n == 0 || n > DECODER_MAX_FILES)
		return err_raise(err, FAULT_BAD_INPUT, "number of files", (long)n);
	for (unsigned i = 0; i < n; i++) {
		files[i].p = rd_field32(in, &files[i].bytes);
		if (files[i].p == NULL || files[i].bytes > LOAD_MAX_FILE_BYTES)
			return err_raise(err, FAULT_BAD_INPUT, "file", (long)i);
		if (load_format_of(files[i].p, files[i].bytes) != LOAD_PDF)
			continue;
		struct buf pgm;
		buf_init(&pgm, PDF_MAX_PGM_BYTES);
		unsigned left_s = load_cpu_left();
		int r = left_s == 0
		    ? LOAD_E_NO_PICTURE
		    : decoder_pdf_to_pgm(files[i].p, files[i].bytes, left_s, &pgm, err);
		if (r)
			return r;
		files[i].p = pgm.p; /* lives as long as this process: one inquiry */
		files[i].bytes = pgm.bytes;
	}
	if (!rd_done(in))
		return err_raise(err, FAULT_BAD_INPUT, "bytes behind the files", 0);
	*ret_n = n;
	return 0;
}

static void
put_info(struct buf *out, const struct backside_info *i)
{
	buf_u32(out, (uint32_t)(i->dpi * 100));
	buf_u32(out, (uint32_t)(int32_t)(i->angle_deg * 100));
	buf_u8(out, i->mirrored);
	buf_u32(out, i->tiles_found);
	buf_u32(out, i->tiles_total);
	buf_u8(out, (uint8_t)i->rate);
	buf_u32(out, i->missing_edges);
	buf_u8(out, i->another);
}

/* A picture may be of any size; one smaller than a few tiles holds neither side of a paper. */
static int
read_back(const struct scan_image *s, struct arena *a, uint8_t **ret, size_t *ret_bytes,
    struct backside_info *info, struct err *err)
{
	const struct backside_grey grey = { s->p, s->w, s->h, s->stride };
	if (s->w < BACKSIDE_IMAGE_MIN_SIDE_PX || s->h < BACKSIDE_IMAGE_MIN_SIDE_PX)
		return BACKSIDE_E_NOT_FOUND;
	return backside_decode(&grey, a, ret, ret_bytes, info, err);
}

/* One picture: a back side of ours, or else a front. */
static int
answer_page(struct child *c, unsigned i, unsigned file, unsigned page, struct buf *out,
    enum decoder_page_kind *ret_kind)
{
	const struct scan_image *s = &c->pages.page[i];
	struct backside_info info = { 0 };
	struct err err = { 0 };
	uint8_t *sealed = NULL;
	size_t bytes = 0;
	const char *code = NULL;
	enum decoder_page_kind kind = DECODER_FRONT;
	int r = read_back(s, c->arena, &sealed, &bytes, &info, &err);
	if (r < 0)
		return r;
	if (r == 0)
		kind = DECODER_BACK;
	else if (r == BACKSIDE_E_DAMAGED)
		kind = DECODER_BACK_DAMAGED;
	else if (r == BACKSIDE_E_MIRRORED)
		kind = DECODER_BACK_MIRRORED;
	else
		code = qr_front_code(qr_find(c->arena, s));
	buf_u8(out, (uint8_t)file);
	buf_u8(out, (uint8_t)page);
	buf_u8(out, (uint8_t)kind);
	buf_u32(out, s->w);
	buf_u32(out, s->h);
	put_info(out, &info);
	buf_field32(out, sealed, kind == DECODER_BACK ? bytes : 0);
	buf_field16(out, code, code ? strlen(code) : 0);
	*ret_kind = kind;
	return 0;
}

/* The site shows how far it is; a site that is gone is found out with the answer. */
static void
tell_progress(struct child *c, unsigned done, unsigned file, unsigned page, unsigned kind)
{
	struct buf b;
	struct err err = { 0 };
	buf_init(&b, 16);
	buf_u32(&b, DECODER_PROGRESS);
	buf_u8(&b, (uint8_t)done);
	buf_u8(&b, (uint8_t)c->pages.n);
	buf_u8(&b, (uint8_t)file);
	buf_u8(&b, (uint8_t)page);
	buf_u8(&b, (uint8_t)kind);
	if (frame_send(c->fd, b.p, b.bytes, DECODER_READ_MS, &err))
		_exit(0);
	buf_done(&b);
}

static int
answer_read(struct child *c, const struct upload *files, unsigned n, struct buf *out)
{
	unsigned file_of[LOAD_MAX_PAGES] = { 0 };
	unsigned first[DECODER_MAX_FILES] = { 0 };
	for (unsigned i = 0; i < n; i++) {
		first[i] = c->pages.n;
		int r = load_file(c->arena, files[i].p, files[i].bytes, &c->pages);
		if (r)
			return r;
		for (unsigned k = first[i]; k < c->pages.n; k++)
			file_of[k] = i;
	}
	struct err err = { 0 };
	int w = decoder_wall_extend(DECODER_PAGE_CPU_S * c->pages.n, &err);
	if (w)
		return w;
	buf_u8(out, (uint8_t)c->pages.n);
	for (unsigned k = 0; k < c->pages.n; k++) {
		unsigned page = k - first[file_of[k]];
		enum decoder_page_kind kind = 0;
		int r = answer_page(c, k, file_of[k], page, out, &kind);
		if (r)
			return r;
		tell_progress(c, k + 1, file_of[k], page, kind);
	}
	return 0;
}

/* ---- comparing ---- */

enum { EDGE_MARGIN_PX = 48, EDGE_POINTS = 8 }; /* 4 mm: scanners lose as much */

static bool
is_seen(const struct affine *m, const struct scan_image *s, double x, double y)
{
	double u = m->a * x + m->b * y + m->c;
	double v = m->d * x + m->e * y + m->f;
	return u >= 0 && v >= 0 && u < s->w && v < s->h;
}

/* Edges of the front of which the scan lacks a quarter or more. */
static unsigned
edges_missing(const struct affine *m, const struct scan_image *s)
{
	static const struct {
		unsigned edge;
		double x, y, dx, dy;
	} lines[] = {
		{ BACKSIDE_EDGE_TOP, 0, EDGE_MARGIN_PX, FRONT_W, 0 },
		{ BACKSIDE_EDGE_BOTTOM, 0, FRONT_H - EDGE_MARGIN_PX, FRONT_W, 0 },
		{ BACKSIDE_EDGE_LEFT, EDGE_MARGIN_PX, 0, 0, FRONT_H },
		{ BACKSIDE_EDGE_RIGHT, FRONT_W - EDGE_MARGIN_PX, 0, 0, FRONT_H },
	};
	unsigned missing = 0;
	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		unsigned unseen = 0;
		for (unsigned k = 0; k < EDGE_POINTS; k++) {
			double t = (k + 0.5) / EDGE_POINTS;
			unseen += !is_seen(
			    m, s, lines[i].x + t * lines[i].dx, lines[i].y + t * lines[i].dy);
		}
		if (unseen * 4 >= EDGE_POINTS)
			missing |= lines[i].edge;
	}
	return missing;
}

static void
put_verdict(struct buf *out, int result, const struct registration *g, const struct comparison *k,
    unsigned edges, const struct compare_area *areas, unsigned n, const struct buf *png)
{
	buf_u32(out, (uint32_t)result);
	buf_u32(out, (uint32_t)(g->score * 1000));
	buf_u32(out, (uint32_t)(g->dpi * 100));
	buf_u32(out, (uint32_t)(int32_t)(g->angle_deg * 100));
	buf_u32(out, k->n_differing_windows);
	buf_u32(out, k->n_margin_windows);
	buf_u32(out, edges);
	buf_u16(out, (uint16_t)k->first.x);
	buf_u16(out, (uint16_t)k->first.y);
	for (unsigned i = 0; i < n; i++) {
		buf_u8(out, areas[i].differs);
		buf_u32(out, (uint32_t)(areas[i].worst * 1000));
	}
	buf_field32(out, png->p, png->bytes);
}

static int
answer_compare(struct child *c, struct rd *in, struct buf *out)
{
	struct compare_area areas[DECODER_MAX_AREAS] = { 0 }; /* sent even when not reached */
	struct registration g = { .score = 0 };
	struct comparison k = { 0 };
	struct buf png;
	struct err err = { 0 };
	unsigned page = rd_u8(in);
	double hint = rd_u32(in) / 100.0;
	unsigned n = rd_u16(in);
	if (page >= c->pages.n || n > DECODER_MAX_AREAS)
		return FAULT_BAD_INPUT;
	for (unsigned i = 0; i < n; i++) {
		struct compare_box *b = &areas[i].box;
		b->x = rd_u16(in);
		b->y = rd_u16(in);
		b->w = rd_u16(in);
		b->h = rd_u16(in);
		if (b->x >= FRONT_W || b->y >= FRONT_H)
			return FAULT_BAD_INPUT;
	}
	bool ground = rd_u8(in) == 1;
	int balance = (int)rd_u8(in) - PAYLOAD_MAX_BALANCE;
	unsigned n_clears = rd_u8(in);
	struct screen_clear clears[PAYLOAD_MAX_CLEARS] = { 0 };
	if (n_clears > PAYLOAD_MAX_CLEARS || balance > PAYLOAD_MAX_BALANCE)
		return FAULT_BAD_INPUT;
	for (unsigned i = 0; i < n_clears; i++) {
		clears[i].x = rd_u16(in);
		clears[i].y = rd_u16(in);
		clears[i].w = rd_u16(in);
		clears[i].h = rd_u16(in);
	}
	const uint8_t *front = rd_bytes(in, FRONT_BYTES);
	if (front == NULL || !rd_done(in))
		return FAULT_BAD_INPUT;
	const struct screen *screen =
	    ground ? screen_new(c->arena, front, balance, clears, n_clears) : NULL;
	buf_init(&png, LOAD_MAX_FILE_BYTES);
	int r = register_front(c->arena, &c->pages.page[page], front, screen, hint, &g, &err);
	if (r == 0)
		r = compare_front(c->arena, &g, &c->pages.page[page], front, screen, areas, n, &k);
	if (r >= 0 && k.missing != NULL &&
	    load_difference_png(k.grey, k.missing, k.extra, &png, &err))
		return FAULT_INTERNAL;
	if (r < 0)
		return r;
	unsigned edges = k.missing ? edges_missing(&g.map, &c->pages.page[page]) : 0;
	put_verdict(out, r, &g, &k, edges, areas, n, &png);
	buf_done(&png);
	return 0;
}

static int
answer_png(struct rd *in, struct buf *out)
{
	struct buf png;
	struct err err = { 0 };
	const uint8_t *front = rd_bytes(in, FRONT_BYTES);
	if (front == NULL || !rd_done(in))
		return FAULT_BAD_INPUT;
	buf_init(&png, LOAD_MAX_FILE_BYTES);
	int r = load_front_png(front, &png, &err);
	if (r == 0)
		buf_field32(out, png.p, png.bytes);
	buf_done(&png);
	return r;
}

/* ---- the process ---- */

static bool
send_answer(struct child *c, int r, const struct buf *body)
{
	struct buf out;
	struct err err = { 0 };
	buf_init(&out, FRAME_MAX_BYTES);
	buf_u32(&out, (uint32_t)r);
	if (r == 0)
		buf_put(&out, body->p, body->bytes);
	bool ok = buf_ok(&out) && frame_send(c->fd, out.p, out.bytes, DECODER_READ_MS, &err) == 0;
	buf_done(&out);
	return ok;
}

/* The first request comes from the site itself; the wall goes up before a picture is looked at. */
static bool
serve_read(struct child *c, struct rd *in)
{
	struct upload files[DECODER_MAX_FILES];
	struct err err = { 0 };
	struct buf body;
	unsigned n = 0;
	buf_init(&body, FRAME_MAX_BYTES);
	int r = rd_u8(in) == DECODER_OP_READ ? take_files(in, files, &n, &err) : FAULT_BAD_INPUT;
	int w = decoder_wall_child(load_cpu_left(), &err);
	if (w)
		_exit(71);
	if (r == 0)
		r = answer_read(c, files, n, &body);
	bool ok = send_answer(c, r, &body);
	buf_done(&body);
	return ok && r == 0;
}

static bool
serve_further(struct child *c, struct rd *in)
{
	struct buf body;
	int r = FAULT_BAD_INPUT;
	unsigned op = rd_u8(in);
	buf_init(&body, FRAME_MAX_BYTES);
	struct err err = { 0 };
	int w = decoder_wall_extend(DECODER_LOAD_CPU_S, &err);
	if (w)
		r = w;
	else if (op == DECODER_OP_COMPARE)
		r = answer_compare(c, in, &body);
	else if (op == DECODER_OP_PNG)
		r = answer_png(in, &body);
	bool ok = send_answer(c, r, &body);
	buf_done(&body);
	return ok;
}

_Noreturn void
decoder_child_run(int fd)
{
	struct child c = { .fd = fd, .arena = arena_new(CHILD_ARENA_BYTES) };
	struct err err = { 0 };
	bool first = true;
	struct buf request;
	/* The first request's bytes stay: files point into them. */
	struct buf uploads;
	buf_init(&uploads, FRAME_MAX_BYTES);
	buf_init(&request, FRAME_MAX_BYTES);
	for (;;) {
		struct buf *b = first ? &uploads : &request;
		if (frame_recv(fd, b, first ? DECODER_READ_MS : 0, &err))
			_exit(0); /* the site has closed the job */
		struct rd in = rd_init(b->p, b->bytes);
		if (!(first ? serve_read(&c, &in) : serve_further(&c, &in)))
			_exit(0);
		first = false;
	}
}
