/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/multipart.h"

#include <string.h>
#include <strings.h>

enum { BOUNDARY_MAX = 70, HEAD_MAX_BYTES = 1024 };

struct cursor {
	const char *p;
	size_t bytes;
};

/* boundary=... of the Content-Type, plain or in quotes. */
static int
boundary_of(const char *type, char ret[BOUNDARY_MAX + 3], struct err *err)
{
	static const char kind[] = "multipart/form-data";
	const char *b = type ? strstr(type, "boundary=") : NULL;
	if (b == NULL || strncasecmp(type, kind, sizeof(kind) - 1) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "no multipart/form-data", 0);
	b += strlen("boundary=");
	size_t n = *b == '"' ? strcspn(++b, "\"") : strcspn(b, "; \t");
	if (n == 0 || n > BOUNDARY_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "boundary", (long)n);
	ret[0] = '-';
	ret[1] = '-';
	memcpy(ret + 2, b, n);
	ret[n + 2] = '\0';
	return 0;
}

static bool
skip(struct cursor *c, const char *what)
{
	size_t n = strlen(what);
	if (c->bytes < n || memcmp(c->p, what, n) != 0)
		return false;
	c->p += n;
	c->bytes -= n;
	return true;
}

/* name="..." in a part's head; false when it is not there. */
static bool
head_name(const char *head, size_t bytes, char ret[16])
{
	static const char key[] = "name=\"";
	const char *p = memmem(head, bytes, key, sizeof(key) - 1);
	/* filename="..." must not be taken for name="..." */
	while (p != NULL && p > head && p[-1] != ' ' && p[-1] != ';') {
		size_t at = (size_t)(p + 1 - head);
		p = memmem(p + 1, bytes - at, key, sizeof(key) - 1);
	}
	if (p == NULL)
		return false;
	p += sizeof(key) - 1;
	const char *end = memchr(p, '"', (size_t)(head + bytes - p));
	if (end == NULL || end - p >= 16)
		return false;
	memcpy(ret, p, (size_t)(end - p));
	ret[end - p] = '\0';
	return true;
}

static int
take_part(const char *name, const char *p, size_t bytes, struct multipart *m, struct err *err)
{
	if (strcmp(name, "file") == 0) {
		if (m->n_files == MULTIPART_MAX_FILES || bytes == 0)
			return err_raise(err, FAULT_BAD_INPUT, "files", (long)m->n_files);
		m->file[m->n_files].p = (const uint8_t *)p;
		m->file[m->n_files++].bytes = bytes;
		return 0;
	}
	if (strcmp(name, "code") == 0) {
		if (m->n_codes == MULTIPART_MAX_CODES || bytes > MULTIPART_MAX_CODE_BYTES)
			return err_raise(err, FAULT_BAD_INPUT, "code", (long)bytes);
		if (bytes > 0) { /* an empty field of a form is no code */
			m->code[m->n_codes].behind = m->n_files;
			m->code[m->n_codes].p = p;
			m->code[m->n_codes++].bytes = bytes;
		}
		return 0;
	}
	return err_raise(err, FAULT_BAD_INPUT, "unknown part", 0);
}

/* One part: head, empty line, body up to the next boundary, where the cursor stops. */
static int
parse_part(struct cursor *c, const char *boundary, struct multipart *m, struct err *err)
{
	char name[16];
	size_t most = c->bytes < HEAD_MAX_BYTES ? c->bytes : HEAD_MAX_BYTES;
	const char *gap = memmem(c->p, most, "\r\n\r\n", 4);
	if (gap == NULL || !head_name(c->p, (size_t)(gap - c->p), name))
		return err_raise(err, FAULT_BAD_INPUT, "part's head", 0);
	const char *body = gap + 4;
	size_t left = c->bytes - (size_t)(body - c->p);
	size_t n = strlen(boundary);
	const char *end = memmem(body, left, boundary, n);
	while (end != NULL && (end < body + 2 || end[-1] != '\n' || end[-2] != '\r'))
		end = memmem(end + 1, left - (size_t)(end + 1 - body), boundary, n);
	if (end == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "part without end", 0);
	c->bytes -= (size_t)(end - c->p);
	c->p = end;
	return take_part(name, body, (size_t)(end - 2 - body), m, err);
}

int
multipart_parse(
    const char *type, const void *body, size_t bytes, struct multipart *ret, struct err *err)
{
	char boundary[BOUNDARY_MAX + 3];
	struct cursor c = { body, bytes };
	struct multipart m = { .n_files = 0 };
	int r = boundary_of(type, boundary, err);
	if (r)
		return err_trace(err, r, "multipart");
	for (;;) {
		if (!skip(&c, boundary))
			return err_raise(err, FAULT_BAD_INPUT, "no boundary", 0);
		if (skip(&c, "--"))
			break;
		if (!skip(&c, "\r\n"))
			return err_raise(err, FAULT_BAD_INPUT, "boundary's end", 0);
		r = parse_part(&c, boundary, &m, err);
		if (r)
			return err_trace(err, r, "multipart");
	}
	*ret = m;
	return 0;
}
