/* SPDX-License-Identifier: Apache-2.0 */
#include "gaiji.h"

#include "base/text.h"
#include "shape.h"
#include "subset.h"

#include <string.h>

static const char hash_head[] = "#gaiji.ttf sha256 ";
static const char columns[] = "code,mj,substitute,reading";
enum { N_COLUMNS = 4, FIRST_PRIVATE = 0xE000, LAST_PRIVATE = 0x10FFFD };

bool
gaiji_is_private(uint32_t cp)
{
	return (cp >= FIRST_PRIVATE && cp <= 0xF8FF) || (cp >= 0xF0000 && cp <= 0xFFFFD) ||
	    (cp >= 0x100000 && cp <= LAST_PRIVATE);
}

/* A piece of the text, not NUL-terminated. */
struct piece {
	const char *p;
	size_t bytes;
};

/* Up to @end, which is taken as well. False at the end of the text. */
static bool
piece_take(struct piece *rest, char end, struct piece *ret)
{
	const char *at = rest->bytes == 0 ? NULL : memchr(rest->p, end, rest->bytes);
	size_t n = at == NULL ? rest->bytes : (size_t)(at - rest->p);
	if (rest->bytes == 0)
		return false;
	*ret = (struct piece){ rest->p, n };
	n += at != NULL;
	rest->p += n;
	rest->bytes -= n;
	return true;
}

static bool
line_take(struct piece *rest, struct piece *ret)
{
	if (!piece_take(rest, '\n', ret))
		return false;
	if (ret->bytes > 0 && ret->p[ret->bytes - 1] == '\r')
		ret->bytes--;
	return true;
}

/* Exactly four fields; a quote is no part of any. */
static bool
fields_split(struct piece line, struct piece field[N_COLUMNS])
{
	if (memchr(line.p, '"', line.bytes) != NULL || !text_is_clean_utf8(line.p, line.bytes))
		return false;
	for (unsigned i = 0; i < N_COLUMNS; i++) {
		const char *at = line.bytes == 0 ? NULL : memchr(line.p, ',', line.bytes);
		size_t n = at == NULL ? line.bytes : (size_t)(at - line.p);
		if ((at == NULL) != (i + 1 == N_COLUMNS))
			return false;
		field[i] = (struct piece){ line.p, n };
		line.p += n + (at != NULL);
		line.bytes -= n + (at != NULL);
	}
	return true;
}

/* "U+E000" */
static bool
code_parse(struct piece s, uint32_t *ret)
{
	uint32_t cp = 0;
	if (s.bytes < 6 || s.bytes > 8 || s.p[0] != 'U' || s.p[1] != '+')
		return false;
	for (size_t i = 2; i < s.bytes; i++) {
		const char *digits = "0123456789ABCDEF";
		const char *at = strchr(digits, s.p[i]);
		if (at == NULL || *at == '\0')
			return false;
		cp = cp << 4 | (uint32_t)(at - digits);
	}
	*ret = cp;
	return gaiji_is_private(cp);
}

/* Characters that anybody has: no private use, nothing without ink of its own. */
static bool
substitute_parse(struct piece s, struct gaiji *g)
{
	while (s.bytes > 0) {
		int32_t cp = text_utf8_next(&s.p, &s.bytes);
		if (cp < 0x20 || gaiji_is_private((uint32_t)cp) || shape_is_space((uint32_t)cp) ||
		    shape_is_mark((uint32_t)cp) || g->n_substitute == GAIJI_MAX_SUBSTITUTE ||
		    (g->n_substitute == 0 && shape_is_selector((uint32_t)cp)))
			return false;
		g->substitute[g->n_substitute++] = (uint32_t)cp;
	}
	return true;
}

static bool
field_fits(struct piece s, long max_chars)
{
	long n = text_utf8_count(s.p, s.bytes);
	return n >= 0 && n <= max_chars;
}

static int
row_parse(struct gaiji_list *l, struct piece line, long number, struct err *err)
{
	struct piece field[N_COLUMNS];
	struct gaiji g = { 0 };
	if (!fields_split(line, field))
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: four fields a line", number);
	if (!code_parse(field[0], &g.cp))
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: code", number);
	if (l->n > 0 && l->list[l->n - 1].cp >= g.cp)
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: order of codes", number);
	if (!field_fits(field[1], GAIJI_MAX_MJ_CHARS))
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: mj", number);
	if (!substitute_parse(field[2], &g))
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: substitute", number);
	if (!field_fits(field[3], GAIJI_MAX_READING_CHARS))
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: reading", number);
	if (l->n == GAIJI_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: too many", number);
	l->list[l->n++] = g;
	return 0;
}

/* The import's line; another comment is none. */
static bool
hash_parse(struct piece line, struct gaiji_list *l)
{
	size_t head = strlen(hash_head);
	l->in_use = true;
	return line.bytes > head && memcmp(line.p, hash_head, head) == 0 &&
	    text_hex_parse(line.p + head, line.bytes - head, l->font_hash, SHA256_BYTES);
}

int
gaiji_list_parse(
    struct arena *a, const char *text, size_t bytes, struct gaiji_list *ret, struct err *err)
{
	struct gaiji_list l = { .list = arena_zero_n(a, GAIJI_MAX, sizeof(*l.list)) };
	struct piece rest = { text, bytes }, line = { 0 };
	long number = 1;
	if (bytes > GAIJI_CSV_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: size", (long)bytes);
	if (bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) /* spreadsheets write it */
		rest = (struct piece){ text + 3, bytes - 3 };
	bool more = line_take(&rest, &line);
	if (more && line.bytes > 0 && line.p[0] == '#') {
		if (!hash_parse(line, &l))
			return err_raise(err, FAULT_BAD_INPUT, "gaiji list: font's hash", number);
		more = line_take(&rest, &line);
		number++;
	}
	if (!more || line.bytes != strlen(columns) || memcmp(line.p, columns, line.bytes) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: names of columns", number);
	while (line_take(&rest, &line)) {
		int r = row_parse(&l, line, ++number, err);
		if (r)
			return err_trace(err, r, "list");
	}
	if (l.n == 0)
		return err_raise(err, FAULT_BAD_INPUT, "gaiji list: no character", number);
	*ret = l;
	return 0;
}

const struct gaiji *
gaiji_find(const struct gaiji_list *l, uint32_t cp)
{
	unsigned lo = 0, hi = l->n;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		if (l->list[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->n && l->list[lo].cp == cp ? &l->list[lo] : NULL;
}

int
gaiji_check(const struct gaiji_list *l, const struct sfnt *f, struct err *err)
{
	for (uint32_t cp = FIRST_PRIVATE;; cp++) {
		cp = sfnt_next_mapped(f, cp);
		if (cp > LAST_PRIVATE)
			break;
		if (!gaiji_is_private(cp))
			continue;
		uint32_t gid = sfnt_find_glyph(f, cp);
		const struct gaiji *g = gaiji_find(l, cp);
		if (gid == 0 && g == NULL)
			continue;
		if (g == NULL)
			return err_raise(
			    err, FAULT_BAD_INPUT, "a glyph that the list lacks", (long)cp);
		if (gid == 0)
			return err_raise(err, FAULT_BAD_INPUT, "no glyph", (long)cp);
		if (!sfnt_has_ink(f, gid))
			return err_raise(err, FAULT_BAD_INPUT, "a glyph without ink", (long)cp);
		if (sfnt_advance(f, gid) == 0 || sfnt_advance(f, gid) > f->units_per_em)
			return err_raise(err, FAULT_BAD_INPUT, "a glyph's width", (long)cp);
		if (subset_check_glyph(f, gid, err) != 0) {
			*err = (struct err){ 0 };
			return err_raise(
			    err, FAULT_BAD_INPUT, "an outline that cannot be read", (long)cp);
		}
	}
	for (unsigned i = 0; i < l->n; i++)
		if (sfnt_find_glyph(f, l->list[i].cp) == 0)
			return err_raise(err, FAULT_BAD_INPUT, "no glyph", (long)l->list[i].cp);
	return 0;
}
