/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LOG_LINE_MAX_BYTES = 1024 };

int log_fd = STDERR_FILENO;

struct log_line {
	char text[LOG_LINE_MAX_BYTES];
	size_t bytes;
};

static void PRINTF_LIKE(2, 3) line_add(struct log_line *l, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	size_t room = sizeof(l->text) - 1 - l->bytes; /* one byte stays for the newline */
	int n = vsnprintf(l->text + l->bytes, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->bytes += (size_t)n < room ? (size_t)n : room - 1;
}

static void
line_write(struct log_line *l)
{
	l->text[l->bytes++] = '\n';
	if (log_fd >= 0 && write(log_fd, l->text, l->bytes) < 0)
		return; /* nowhere to tell it */
}

static void
line_field(struct log_line *l, const struct log_field *f)
{
	switch (f->kind) {
	case LOG_K_INT:
		line_add(l, " %s=%" PRId64, f->key, f->i);
		return;
	case LOG_K_HEX:
		line_add(l, " %s=%016" PRIx64, f->key, f->u);
		return;
	case LOG_K_MUNI:
		line_add(l, " %s=%s", f->key, f->muni.s);
		return;
	case LOG_K_LIT:
		line_add(l, " %s=%s", f->key, f->lit);
		return;
	}
}

void
log_emit(enum log_level level, const char *event, const struct log_field *f, unsigned n)
{
	struct log_line l = { .bytes = 0 };
	line_add(&l, "<%d>event=%s", (int)level, event);
	for (unsigned i = 0; i < n; i++)
		line_field(&l, &f[i]);
	line_write(&l);
}

void
log_fault(const char *event, struct txn_id txn, const struct err *err)
{
	struct log_line l = { .bytes = 0 };
	line_add(&l, "<%d>event=%s txn=%016" PRIx64 " fault=%s trail=", (int)LOG_LVL_ERR, event,
	    txn.v, err_fault_name(err->fault));
	for (unsigned i = 0; i < err->depth; i++)
		line_add(&l, "%s%s:\"%s\"(%ld)", i ? "<" : "", err->trail[i].where,
		    err->trail[i].what, err->trail[i].number);
	line_write(&l);
}
