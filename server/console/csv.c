/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/console.h"

#include <string.h>

/* What begins like a formula would be one; a number keeps its leading zeros by its quotes. */
void
csv_cell(struct buf *b, const char *text)
{
	bool first = b->bytes == 3 || (b->bytes > 0 && b->p[b->bytes - 1] == '\n');
	buf_text(b, first ? "\"" : ",\"");
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		buf_u8(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_u8(b, '"');
		buf_u8(b, (uint8_t)*text);
	}
	buf_u8(b, '"');
}

void
csv_end_row(struct buf *b)
{
	buf_text(b, "\r\n");
}

void
csv_begin(struct buf *b, const char *const *head, size_t n)
{
	buf_init(b, CONSOLE_RES_BYTES);
	buf_text(b, "\xEF\xBB\xBF"); /* Excel takes it for UTF-8 then */
	for (size_t k = 0; k < n; k++)
		csv_cell(b, head[k]);
	csv_end_row(b);
}

int
csv_answer(struct ask *q, struct buf *b, const char *name, struct err *err)
{
	if (!buf_ok(b)) {
		buf_done(b);
		return err_raise(err, FAULT_INTERNAL, "list over its limit", 0);
	}
	q->res->type = "text/csv; charset=utf-8";
	q->res->body_bytes = b->bytes;
	q->res->body = arena_memdup(q->a, b->p, b->bytes);
	q->res->header_name[0] = "Content-Disposition";
	q->res->header_value[0] = arena_printf(q->a, "attachment; filename=\"%s.csv\"", name);
	buf_done(b);
	return 0;
}
