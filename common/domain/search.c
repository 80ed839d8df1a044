/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/search.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { KATAKANA_O = 0x30AA, KATAKANA_U = 0x30A6 };

/* U+FF66..U+FF9D, half-width, to their full-width base. */
static const uint16_t half_width[] = {
	0x30F2,
	0x30A2,
	0x30A4,
	0x30A6,
	0x30A8,
	0x30AA,
	0x30E4,
	0x30E6,
	0x30E8,
	0x30C4,
	0,
	0x30A2,
	0x30A4,
	0x30A6,
	0x30A8,
	0x30AA,
	0x30AB,
	0x30AD,
	0x30AF,
	0x30B1,
	0x30B3,
	0x30B5,
	0x30B7,
	0x30B9,
	0x30BB,
	0x30BD,
	0x30BF,
	0x30C1,
	0x30C4,
	0x30C6,
	0x30C8,
	0x30CA,
	0x30CB,
	0x30CC,
	0x30CD,
	0x30CE,
	0x30CF,
	0x30D2,
	0x30D5,
	0x30D8,
	0x30DB,
	0x30DE,
	0x30DF,
	0x30E0,
	0x30E1,
	0x30E2,
	0x30E4,
	0x30E6,
	0x30E8,
	0x30E9,
	0x30EA,
	0x30EB,
	0x30EC,
	0x30ED,
	0x30EF,
	0x30F3,
};

static bool
is_silent(uint32_t cp)
{
	return cp == 0x20 || cp == 0x3000 || cp == 0x30FB || cp == 0xFF65 || cp == 0xB7 ||
	    (cp >= 0x3099 && cp <= 0x309C) || cp == 0xFF9E || cp == 0xFF9F || cp == 0x30FC ||
	    cp == 0xFF70 || cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 ||
	    cp == 0xFF0D;
}

/* 濁音, 半濁音 and small letters to their base. */
static uint32_t
katakana_base(uint32_t cp)
{
	if (cp >= 0x30A1 && cp <= 0x30AA)
		return cp % 2 == 1 ? cp + 1 : cp;
	if (cp >= 0x30AB && cp <= 0x30C2)
		return cp % 2 == 0 ? cp - 1 : cp;
	if (cp == 0x30C3 || cp == 0x30C5)
		return 0x30C4;
	if (cp == 0x30C7 || cp == 0x30C9)
		return cp - 1;
	if (cp >= 0x30CF && cp <= 0x30DD)
		return cp - (cp - 0x30CF) % 3;
	if (cp == 0x30E3 || cp == 0x30E5 || cp == 0x30E7 || cp == 0x30EE)
		return cp + 1;
	switch (cp) {
	case 0x30F0:
		return 0x30A4;
	case 0x30F1:
		return 0x30A8;
	case 0x30F2:
		return KATAKANA_O;
	case 0x30F4:
		return KATAKANA_U;
	case 0x30F5:
		return 0x30AB;
	case 0x30F6:
		return 0x30B1;
	default:
		return cp;
	}
}

static bool
is_o_column(uint32_t cp)
{
	static const uint16_t o[] = { 0x30AA, 0x30B3, 0x30BD, 0x30C8, 0x30CE, 0x30DB, 0x30E2,
		0x30E8, 0x30ED };
	for (size_t i = 0; i < N_ELEMENTS(o); i++)
		if (o[i] == cp)
			return true;
	return false;
}

static uint32_t
narrow(uint32_t cp)
{
	return cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp;
}

static uint32_t
kana_fold_one(uint32_t cp)
{
	cp = narrow(cp);
	if (cp >= 0x3041 && cp <= 0x3096) /* ひらがな */
		cp += 0x60;
	if (cp >= 0xFF66 && cp <= 0xFF9D && cp != 0xFF70)
		cp = half_width[cp - 0xFF66];
	if (cp >= 'a' && cp <= 'z')
		cp -= 'a' - 'A';
	return katakana_base(cp);
}

/* @out has room for @bytes: nothing becomes longer by being folded. Returns what it took. */
static size_t
fold_kana(const char *s, size_t bytes, char *out)
{
	char *at = out;
	uint32_t last = 0;
	for (int32_t c; bytes > 0 && (c = text_utf8_next(&s, &bytes)) >= 0;) {
		if (is_silent((uint32_t)c))
			continue;
		uint32_t cp = kana_fold_one((uint32_t)c);
		if ((cp == KATAKANA_U || cp == KATAKANA_O) && is_o_column(last))
			continue;
		at += text_utf8_put(cp, at);
		last = cp;
	}
	return (size_t)(at - out);
}

void
search_fold_kana(const char *text, struct buf *out)
{
	size_t bytes = strlen(text);
	char *to = (char *)buf_room(out, bytes);
	if (to != NULL)
		out->bytes += fold_kana(text, bytes, to);
}

/* Era and separators to letters that a date is read from: "S55-4-1-". */
static uint32_t
date_fold_one(uint32_t cp)
{
	cp = narrow(cp);
	switch (cp) {
	case 0x5E74: /* 年 */
	case 0x6708: /* 月 */
	case '.':
	case '/':
		return '-';
	case 0x65E5: /* 日 */
	case ' ':
	case 0x3000:
		return 0;
	case 0x5143: /* 元 */
		return '1';
	default:
		return cp >= 'a' && cp <= 'z' ? cp - ('a' - 'A') : cp;
	}
}

static const struct {
	const char *name;
	char letter;
	int before; /* the year before its first */
} eras[] = {
	{ "明治", 'M', 1867 },
	{ "大正", 'T', 1911 },
	{ "昭和", 'S', 1925 },
	{ "平成", 'H', 1988 },
	{ "令和", 'R', 2018 },
};

/* Returns the year before the era's first and moves *s past its name; 0 for none. */
static int
era_read(const char **s)
{
	for (size_t i = 0; i < N_ELEMENTS(eras); i++) {
		size_t n = strlen(eras[i].name);
		if (strncmp(*s, eras[i].name, n) == 0) {
			*s += n;
			return eras[i].before;
		}
		if (**s == eras[i].letter) {
			*s += 1;
			return eras[i].before;
		}
	}
	return 0;
}

static int
number_read(const char **s, unsigned max_digits)
{
	int n = 0;
	unsigned i = 0;
	for (; i < max_digits && **s >= '0' && **s <= '9'; i++, (*s)++)
		n = n * 10 + (**s - '0');
	return i == 0 ? -1 : n;
}

static bool
dash_read(const char **s)
{
	if (**s != '-')
		return false;
	(*s)++;
	return true;
}

/* "S55-4-1", "1980-4-1", "19800401"; whether the day exists is the register's matter. */
static bool
date_read(const char *s, int ymd[3])
{
	int before = era_read(&s);
	bool compact = before == 0 && strlen(s) == 8 && strspn(s, "0123456789") == 8;
	ymd[0] = number_read(&s, 4);
	if (!compact && !dash_read(&s))
		return false;
	ymd[1] = number_read(&s, 2);
	if (!compact && !dash_read(&s))
		return false;
	ymd[2] = number_read(&s, 2);
	if (*s != '\0' || ymd[0] < 1 || ymd[1] < 1 || ymd[1] > 12 || ymd[2] < 1 || ymd[2] > 31)
		return false;
	ymd[0] += before;
	return ymd[0] >= 1000;
}

static char *
put_number(char *at, int v, unsigned least_digits)
{
	char digits[16];
	unsigned n = 0;
	for (; v > 0 || n < least_digits; v /= 10)
		digits[n++] = (char)('0' + v % 10);
	while (n > 0)
		*at++ = digits[--n];
	return at;
}

/* Returns what it took of @out; nothing of a text that is no date and longer than any. */
static size_t
fold_date(const char *text, char out[SEARCH_MAX_BYTES])
{
	int ymd[3];
	char *at = out;
	size_t bytes = strlen(text);
	for (int32_t c; bytes > 0 && (c = text_utf8_next(&text, &bytes)) >= 0;) {
		uint32_t cp = date_fold_one((uint32_t)c);
		if (out + SEARCH_MAX_BYTES - at < 5) /* and its NUL */
			return 0;
		if (cp != 0)
			at += text_utf8_put(cp, at);
	}
	*at = '\0';
	if (!date_read(out, ymd))
		return (size_t)(at - out);
	at = put_number(out, ymd[0], 4);
	*at++ = '-';
	at = put_number(at, ymd[1], 2);
	*at++ = '-';
	return (size_t)(put_number(at, ymd[2], 2) - out);
}

void
search_fold_date(const char *text, struct buf *out)
{
	char folded[SEARCH_MAX_BYTES];
	buf_put(out, folded, fold_date(text, folded));
	mem_wipe(folded, sizeof(folded));
}

static void
key_kana(const struct vault *v, const char *label, const char *text, size_t bytes,
    struct vault_hash *ret)
{
	char folded[SEARCH_MAX_BYTES];
	size_t n = bytes <= sizeof(folded) ? fold_kana(text, bytes, folded) : 0;
	vault_find_by(v, label, folded, n, ret);
	mem_wipe(folded, n);
}

void
search_key_kana(const struct vault *v, const char *text, struct vault_hash *ret)
{
	key_kana(v, "search kana", text, strlen(text), ret);
}

/* Up to the first space. */
static size_t
first_word(const char *text)
{
	const char *wide = strstr(text, "\u3000");
	const char *thin = strchr(text, ' ');
	const char *end = wide != NULL && (thin == NULL || wide < thin) ? wide : thin;
	return end != NULL ? (size_t)(end - text) : strlen(text);
}

void
search_key_first(const struct vault *v, const char *text, struct vault_hash *ret)
{
	key_kana(v, "search first", text, first_word(text), ret);
}

static void
key_birth(const struct vault *v, const char *label, const char *text, size_t bytes,
    struct vault_hash *ret)
{
	char folded[SEARCH_MAX_BYTES];
	(void)bytes;
	size_t n = fold_date(text, folded);
	vault_find_by(v, label, folded, n, ret);
	mem_wipe(folded, n);
}

void
search_key_birth(const struct vault *v, const char *text, struct vault_hash *ret)
{
	key_birth(v, "search birth", text, strlen(text), ret);
}

/* --- keys that were made --- */

enum { KNOWN_SLOTS = 32768, KNOWN_TEXT_BYTES = 43 };

struct search_known {
	const struct vault *v;
	struct known_slot {
		uint8_t kind; /* 0: nothing yet */
		uint8_t bytes;
		char text[KNOWN_TEXT_BYTES]; /* as it was read */
		struct vault_hash key;
	} slots[KNOWN_SLOTS];
};

static const struct known_kind {
	uint8_t kind;
	const char *label;
	void (*make)(const struct vault *v, const char *label, const char *text, size_t bytes,
	    struct vault_hash *ret);
} known_first = { 1, "search first", key_kana }, known_birth = { 2, "search birth", key_birth };

struct search_known *
search_known_new(const struct vault *v)
{
	struct search_known *k = mem_zero(sizeof(*k));
	k->v = v;
	return k;
}

void
search_known_free(struct search_known *k)
{
	if (k == NULL)
		return;
	mem_wipe(k, sizeof(*k));
	mem_free(k);
}

/* Where two meet, the later one takes the place. */
static struct known_slot *
known_slot(struct search_known *k, const struct known_kind *kind, const char *text, size_t bytes)
{
	uint64_t h = kind->kind;
	while (bytes > 0) {
		uint64_t x = 0;
		size_t n = bytes < sizeof(x) ? bytes : sizeof(x);
		memcpy(&x, text, n);
		h = (h ^ x) * UINT64_C(0x9E3779B97F4A7C15);
		h ^= h >> 32;
		text += n;
		bytes -= n;
	}
	return &k->slots[h % KNOWN_SLOTS];
}

static void
known_key(struct search_known *k, const struct known_kind *kind, const char *text, size_t bytes,
    struct vault_hash *ret)
{
	if (bytes > KNOWN_TEXT_BYTES) {
		kind->make(k->v, kind->label, text, bytes, ret);
		return;
	}
	struct known_slot *s = known_slot(k, kind, text, bytes);
	if (s->kind != kind->kind || s->bytes != bytes || memcmp(s->text, text, bytes) != 0) {
		kind->make(k->v, kind->label, text, bytes, &s->key);
		memcpy(s->text, text, bytes);
		s->bytes = (uint8_t)bytes;
		s->kind = kind->kind;
	}
	*ret = s->key;
}

/* --- all of a row --- */

/* @k NULL: each is made anew. */
static void
key_of(const struct vault *v, struct search_known *k, const struct known_kind *kind,
    const char *text, size_t bytes, struct vault_hash *ret)
{
	if (k != NULL)
		known_key(k, kind, text, bytes, ret);
	else
		kind->make(v, kind->label, text, bytes, ret);
}

static unsigned
keys_of(const struct vault *v, struct search_known *k, const struct resident *r,
    struct vault_hash ret[SEARCH_MAX_KEYS])
{
	const char *const names[] = { r->name_kana, r->kyu_uji_kana, r->tsusho_kana,
		r->name_latin };
	unsigned n = 0;
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		if (names[i] == NULL || names[i][0] == '\0')
			continue;
		search_key_kana(v, names[i], &ret[n++]);
		key_of(v, k, &known_first, names[i], first_word(names[i]), &ret[n++]);
	}
	if (r->birth != NULL && r->birth[0] != '\0')
		key_of(v, k, &known_birth, r->birth, strlen(r->birth), &ret[n++]);
	return n;
}

unsigned
search_keys_of(
    const struct vault *v, const struct resident *r, struct vault_hash ret[SEARCH_MAX_KEYS])
{
	return keys_of(v, NULL, r, ret);
}

unsigned
search_known_keys(
    struct search_known *k, const struct resident *r, struct vault_hash ret[SEARCH_MAX_KEYS])
{
	return keys_of(k->v, k, r, ret);
}

int
search_keys_under(const struct vault *v, struct arena *a, const struct vault_hash *k, unsigned n,
    unsigned i, const char **ret, struct err *err)
{
	unsigned live[VAULT_MAX_LIVE];
	struct vault_hash moved[SEARCH_MAX_KEYS];
	*ret = NULL;
	if (i >= vault_live(v, live))
		return 0;
	for (unsigned m = 0; m < n; m++) {
		int r = vault_hash_move(v, k[m].b, k[m].bytes, live[i], &moved[m], err);
		if (r)
			return err_trace(err, r, "keys");
	}
	*ret = vault_hash_literal(a, moved, n);
	return 0;
}
