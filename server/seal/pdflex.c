/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/pdfobj.h"
#include <string.h>

enum { NUMBER_MAX_DIGITS = 12 };

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool
is_delimiter(uint8_t c)
{
	return strchr("()<>[]{}/%", c) != NULL && c != 0;
}

static bool
is_regular(uint8_t c)
{
	return c > ' ' && c < 127 && !is_delimiter(c);
}

void
pdflex_space(struct pdflex *l)
{
	while (l->at < l->bytes && is_space(l->p[l->at]))
		l->at++;
}

bool
pdflex_word(struct pdflex *l, const char *word)
{
	size_t n = strlen(word);
	pdflex_space(l);
	if (l->bytes - l->at < n || memcmp(l->p + l->at, word, n) != 0)
		return false;
	if (is_regular(l->p[l->at + n - 1]) && l->at + n < l->bytes && is_regular(l->p[l->at + n]))
		return false;
	l->at += n;
	return true;
}

static bool
is_digit(const struct pdflex *l, size_t at)
{
	return at < l->bytes && l->p[at] >= '0' && l->p[at] <= '9';
}

/* The digits behind a point, as thousandths; further ones are dropped. */
static int64_t
thousandths(struct pdflex *l)
{
	int64_t v = 0;
	size_t from = l->at;
	while (is_digit(l, l->at)) {
		if (l->at - from < 3)
			v = v * 10 + (l->p[l->at] - '0');
		l->at++;
	}
	for (size_t n = l->at - from; n < 3; n++)
		v *= 10;
	return v;
}

bool
pdflex_number(struct pdflex *l, int64_t *ret, bool *ret_is_int)
{
	pdflex_space(l);
	size_t from = l->at;
	bool minus = l->at < l->bytes && l->p[l->at] == '-';
	l->at += minus;
	size_t first = l->at;
	int64_t v = 0;
	while (is_digit(l, l->at) && l->at - first < NUMBER_MAX_DIGITS)
		v = v * 10 + (l->p[l->at++] - '0');
	bool whole = true, any = l->at > first;
	v *= PDFOBJ_SCALE;
	if (any && l->at < l->bytes && l->p[l->at] == '.') {
		l->at++;
		whole = false;
		any = is_digit(l, l->at);
		v += thousandths(l);
	}
	if (!any || (l->at < l->bytes && is_regular(l->p[l->at]))) {
		l->at = from;
		return false;
	}
	*ret = minus ? -v : v;
	*ret_is_int = whole;
	return true;
}

bool
pdflex_name(struct pdflex *l, struct arena *a, const char **ret)
{
	pdflex_space(l);
	if (l->at >= l->bytes || l->p[l->at] != '/')
		return false;
	size_t from = l->at + 1, to = from;
	while (to < l->bytes && is_regular(l->p[to]) && l->p[to] != '#')
		to++;
	if (to == from || to - from > PDFOBJ_MAX_NAME || (to < l->bytes && l->p[to] == '#'))
		return false;
	*ret = arena_strndup(a, (const char *)l->p + from, to - from);
	l->at = to;
	return true;
}
