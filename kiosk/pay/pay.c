/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/pay/pay.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "wire/frame.h"
#include "wire/js.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAY_PATH_MAX = 108 };

enum pay_is {
	PAY_IS_BEGUN,
	PAY_IS_INSERTED,
	PAY_IS_AUTHORISED,
	PAY_IS_DECLINED,
	PAY_IS_COMMITTED,
	PAY_IS_VOIDED,
	PAY_IS_REFUNDED,
	PAY_IS_UNKNOWN,
	PAY_IS_REFUSED,
	PAY_IS_N
};
static const char *const pay_words[PAY_IS_N] = { "begun", "inserted", "authorised", "declined",
	"committed", "voided", "refunded", "unknown", "refused" };

struct pay {
	char path[PAY_PATH_MAX];
	int fd;
	char line[PAY_MAX_LINE_BYTES]; /* received so far */
	size_t line_n;
};

struct pay_news {
	enum pay_is is;
	unsigned yen;
};

struct pay *
pay_new(const char *socket_path)
{
	struct pay *p = mem_zero(sizeof(*p));
	p->fd = -1;
	if (strlen(socket_path) < sizeof(p->path))
		memcpy(p->path, socket_path, strlen(socket_path) + 1);
	return p;
}

static void
pay_hang_up(struct pay *p)
{
	fd_close(p->fd);
	p->fd = -1;
	p->line_n = 0;
}

void
pay_free(struct pay *p)
{
	if (p == NULL)
		return;
	pay_hang_up(p);
	mem_free(p);
}

static int
pay_connect(struct pay *p, struct err *err)
{
	if (p->fd >= 0)
		return 0;
	if (p->path[0] == '\0')
		return err_raise(err, FAULT_UNAVAILABLE, "till's socket", 0);
	return err_trace(err, frame_connect(p->path, &p->fd, err), "till");
}

/* A closed peer must not end the kiosk with SIGPIPE. */
static int
pay_send(struct pay *p, const struct buf *line, struct err *err)
{
	size_t at = 0;
	while (at < line->bytes) {
		ssize_t n = send(p->fd, line->p + at, line->bytes - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int keep = errno;
			pay_hang_up(p);
			return err_raise(err, FAULT_UNAVAILABLE, "till hung up", keep);
		}
		at += (size_t)n;
	}
	return 0;
}

static int
pay_say(struct pay *p, const char *what, const char *tx, unsigned yen, struct err *err)
{
	struct buf b;
	buf_init(&b, PAY_MAX_LINE_BYTES);
	AUTO(json_t) json_t *o = json_object();
	js_put_text(o, "do", what);
	js_put_text(o, "tx", tx);
	if (yen > 0)
		js_put_int(o, "yen", yen);
	int r = js_format(o, &b, err);
	buf_text(&b, "\n");
	if (r == 0 && !buf_ok(&b))
		r = err_raise(err, FAULT_INTERNAL, "line to the till", 0);
	if (r == 0)
		r = pay_send(p, &b, err);
	buf_done(&b);
	return err_trace(err, r, "till");
}

/* *ret_ours is false for news of another transaction: a late answer to an earlier one. */
static int
pay_parse(const char *line, size_t n, const char *tx, bool *ret_ours, struct pay_news *ret,
    struct err *err)
{
	static const char *const members[] = { "is", "tx", "yen?", NULL };
	AUTO(json_t) json_t *o = NULL;
	const char *is = NULL;
	const char *whose = NULL;
	int64_t yen = 0;
	int r = js_parse(line, n, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "is", 16, &is, err);
	if (r == 0)
		r = js_text(o, "tx", PAY_TX_CHARS, &whose, err);
	if (r == 0 && json_object_get(o, "yen") != NULL)
		r = js_int(o, "yen", 0, PAY_MAX_YEN, &yen, err);
	if (r)
		return err_trace(err, r, "till");
	*ret_ours = text_equal(whose, tx);
	ret->yen = (unsigned)yen;
	for (int i = 0; i < PAY_IS_N; i++)
		if (text_equal(is, pay_words[i])) {
			ret->is = (enum pay_is)i;
			return 0;
		}
	return err_raise(err, FAULT_BAD_INPUT, "word of the till", 0);
}

/* More bytes into the line; FAULT_TIMEOUT when none came in time. */
static int
pay_fill(struct pay *p, int64_t until_ms, struct err *err)
{
	struct pollfd f = { .fd = p->fd, .events = POLLIN };
	if (p->line_n == sizeof(p->line))
		return err_raise(err, FAULT_BAD_INPUT, "line of the till", PAY_MAX_LINE_BYTES);
	int64_t left_ms = until_ms - clock_mono_ms();
	int n = poll(&f, 1, left_ms > 0 ? (int)left_ms : 0);
	if (n == 0)
		return FAULT_TIMEOUT;
	if (n < 0)
		return errno == EINTR ? 0 : err_raise(err, FAULT_UNAVAILABLE, "poll", errno);
	ssize_t got = recv(p->fd, p->line + p->line_n, sizeof(p->line) - p->line_n, 0);
	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0)
		return err_raise(err, FAULT_UNAVAILABLE, "till hung up", got < 0 ? errno : 0);
	p->line_n += (size_t)got;
	return 0;
}

/* The next news of @tx. FAULT_TIMEOUT without a trail when there is none. */
static int
pay_hear(struct pay *p, const char *tx, int timeout_ms, struct pay_news *ret, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + timeout_ms;
	for (;;) {
		const char *end = memchr(p->line, '\n', p->line_n);
		int r;
		if (end == NULL) {
			r = pay_fill(p, until_ms, err);
		} else {
			bool ours = false;
			size_t n = (size_t)(end - p->line);
			r = pay_parse(p->line, n, tx, &ours, ret, err);
			p->line_n -= n + 1;
			memmove(p->line, end + 1, p->line_n);
			if (r == 0 && ours)
				return 0;
		}
		if (r == FAULT_TIMEOUT)
			return r;
		if (r) {
			pay_hang_up(p);
			return err_trace(err, r, "till");
		}
	}
}

/* Says something and waits for the answer to it; news in between is passed over. */
static int
pay_ask(struct pay *p, const char *what, const char *tx, unsigned yen, enum pay_is good,
    struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + PAY_ANSWER_MS;
	int r = pay_connect(p, err);
	if (r == 0)
		r = pay_say(p, what, tx, yen, err);
	while (r == 0) {
		struct pay_news news = { 0 };
		int64_t left_ms = until_ms - clock_mono_ms();
		r = pay_hear(p, tx, left_ms > 0 ? (int)left_ms : 0, &news, err);
		if (r == FAULT_TIMEOUT)
			return err_raise(err, FAULT_TIMEOUT, "till's answer", PAY_ANSWER_MS);
		if (r)
			break;
		if (news.is == good)
			return 0;
		if (news.is == PAY_IS_UNKNOWN)
			return PAY_E_UNKNOWN;
		if (news.is == PAY_IS_REFUSED)
			return PAY_E_REFUSED;
	}
	return err_trace(err, r, "till");
}

int
pay_begin(struct pay *p, const char *tx, unsigned yen, struct err *err)
{
	return pay_ask(p, "begin", tx, yen, PAY_IS_BEGUN, err);
}

static int
pay_outcome(const struct pay_news *news, unsigned yen, unsigned *ret_inserted_yen, struct err *err)
{
	switch (news->is) {
	case PAY_IS_AUTHORISED:
		if (news->yen != yen)
			return err_raise(err, FAULT_BAD_INPUT, "sum of the till", news->yen);
		*ret_inserted_yen = yen;
		return 0;
	case PAY_IS_INSERTED:
		*ret_inserted_yen = news->yen;
		return PAY_E_WAITING;
	case PAY_IS_BEGUN:
		return PAY_E_WAITING;
	case PAY_IS_UNKNOWN:
		return PAY_E_UNKNOWN;
	default:
		return PAY_E_DECLINED;
	}
}

int
pay_poll(struct pay *p, const char *tx, unsigned yen, int timeout_ms, unsigned *ret_inserted_yen,
    struct err *err)
{
	struct pay_news news = { 0 };
	int r = 0;
	/* After a broken connection the driver is asked where the transaction stands. */
	if (p->fd < 0) {
		r = pay_connect(p, err);
		if (r == 0)
			r = pay_say(p, "begin", tx, yen, err);
	}
	if (r == 0)
		r = pay_hear(p, tx, timeout_ms, &news, err);
	if (r == FAULT_TIMEOUT)
		return PAY_E_WAITING;
	if (r)
		return err_trace(err, r, "till");
	return pay_outcome(&news, yen, ret_inserted_yen, err);
}

int
pay_commit(struct pay *p, const char *tx, unsigned yen, struct err *err)
{
	return pay_ask(p, "commit", tx, yen, PAY_IS_COMMITTED, err);
}

int
pay_void(struct pay *p, const char *tx, struct err *err)
{
	return pay_ask(p, "void", tx, 0, PAY_IS_VOIDED, err);
}

int
pay_refund(struct pay *p, const char *tx, unsigned yen, struct err *err)
{
	return pay_ask(p, "refund", tx, yen, PAY_IS_REFUNDED, err);
}
