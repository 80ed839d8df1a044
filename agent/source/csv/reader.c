/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/reader.h"
#include "base/mem.h"
#include "pki/hash.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define NO_BACK ((iconv_t)(intptr_t)-1)
enum { READER_RAW_BYTES = 65536, READER_TEXT_BYTES = 4 * READER_RAW_BYTES };

enum state { FIELD_START, PLAIN, QUOTED, QUOTE_SEEN, AFTER_CR };

struct reader {
	int fd;
	iconv_t cd;
	iconv_t back; /* (iconv_t)-1: the encoding has one way for each character */
	struct sha256_stream *hash;
	enum state state;
	enum csv_rule rule;
	unsigned long line, row_line;
	unsigned n_fields_wanted; /* 0 before the header */
	bool at_end;              /* of the file; what was read of it may wait in raw and text */
	bool ended;
	bool bad_ahead; /* what follows the text is no character */
	size_t n_raw, n_text, at_text;
	bool has_twins; /* in the text */
	uint64_t row_twins;
	uint8_t twin[READER_TEXT_BYTES / 8]; /* bit: of the text's byte where such a one begins */
	size_t n_row;
	size_t field_at[READER_MAX_FIELDS];
	unsigned n_fields;
	char raw[READER_RAW_BYTES];
	char text[READER_TEXT_BYTES];
	char row[READER_MAX_ROW_BYTES];
};

const char *
csv_rule_name(enum csv_rule rule)
{
	static const char *const names[] = { "none", "encoding", "quotes", "line-end", "fields",
		"row-limit", "header", "missing", "empty", "text", "length", "number", "code",
		"hex", "row", "twin" };
	return (unsigned)rule < N_ELEMENTS(names) ? names[rule] : "none";
}

int
reader_new(int fd, const char *encoding, struct reader **ret, struct err *err)
{
	iconv_t cd = iconv_open("UTF-8", encoding);
	if (cd == (iconv_t)-1)
		return err_raise(err, FAULT_CONFIG, "encoding is not known", errno);
	struct reader *r = mem_zero(sizeof(*r));
	r->fd = fd;
	r->cd = cd;
	r->back = strcmp(encoding, "CP932") == 0 ? iconv_open(encoding, "UTF-8") : NO_BACK;
	r->hash = sha256_stream_new();
	r->line = 1;
	*ret = r;
	return 0;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	(void)iconv_close(r->cd);
	if (r->back != NO_BACK)
		(void)iconv_close(r->back);
	sha256_stream_free(r->hash);
	mem_wipe(r, sizeof(*r));
	mem_free(r);
}

static int
bad(struct reader *r, enum csv_rule rule)
{
	r->rule = rule;
	return READER_E_BAD;
}

static int
raw_fill(struct reader *r, struct err *err)
{
	ssize_t n;
	do
		n = read(r->fd, r->raw + r->n_raw, sizeof(r->raw) - r->n_raw);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "file cannot be read", errno);
	sha256_stream_put(r->hash, r->raw + r->n_raw, (size_t)n);
	r->n_raw += (size_t)n;
	r->at_end = n == 0;
	return 0;
}

/* The bytes that one character of the encoding takes: its UTF-8 is @out long. */
static size_t
raw_length(struct reader *r, char *raw, size_t bytes)
{
	for (size_t n = 1; n <= 2 && n <= bytes; n++) {
		char c[8];
		char *in = raw;
		char *out = c;
		size_t n_in = n;
		size_t n_out = sizeof(c);
		if (iconv(r->cd, &in, &n_in, &out, &n_out) != (size_t)-1)
			return n;
	}
	return 1;
}

/* Character by character, which of them come back as other bytes than they came from. */
static void
twins_mark(struct reader *r, char *raw, size_t n_raw)
{
	size_t at = 0;
	memset(r->twin, 0, sizeof(r->twin));
	for (size_t i = 0; i < r->n_text && at < n_raw;) {
		char c[8];
		char *out = c;
		size_t n_out = sizeof(c);
		char *in = r->text + i;
		size_t n_in = 1;
		while (i + n_in < r->n_text && (r->text[i + n_in] & 0xC0) == 0x80)
			n_in++;
		size_t n_char = n_in;
		size_t n = raw_length(r, raw + at, n_raw - at);
		bool same = iconv(r->back, &in, &n_in, &out, &n_out) != (size_t)-1 &&
		    sizeof(c) - n_out == n && memcmp(c, raw + at, n) == 0;
		if (!same)
			r->twin[i / 8] |= (uint8_t)(1u << i % 8);
		i += n_char;
		at += n;
	}
}

/* Nearly always all of it comes back: then no character is looked at alone. */
static void
twins_look(struct reader *r, char *raw, size_t n_raw)
{
	char again[READER_RAW_BYTES];
	char *in = r->text;
	char *out = again;
	size_t n_in = r->n_text;
	size_t n_out = sizeof(again);
	r->has_twins = false;
	if (r->back == NO_BACK || n_raw == 0)
		return;
	r->has_twins = iconv(r->back, &in, &n_in, &out, &n_out) == (size_t)-1 ||
	    sizeof(again) - n_out != n_raw || memcmp(again, raw, n_raw) != 0;
	if (r->has_twins)
		twins_mark(r, raw, n_raw);
	mem_wipe(again, sizeof(again));
}

/* More text, or r->at_end and none. */
static int
text_fill(struct reader *r, struct err *err)
{
	r->at_text = 0;
	r->n_text = 0;
	while (r->n_text == 0 && !r->at_end && !r->bad_ahead) {
		int x = raw_fill(r, err);
		if (x)
			return err_trace(err, x, "file");
		char *in = r->raw;
		char *out = r->text;
		size_t n_out = sizeof(r->text);
		bool cut = iconv(r->cd, &in, &r->n_raw, &out, &n_out) == (size_t)-1;
		/* EINVAL: a character that goes on in what comes next. */
		r->bad_ahead = (cut && errno != EINVAL) || (r->n_raw > 0 && r->at_end);
		r->n_text = sizeof(r->text) - n_out;
		twins_look(r, r->raw, (size_t)(in - r->raw));
		memmove(r->raw, in, r->n_raw);
	}
	if (r->n_text == 0 && r->bad_ahead)
		return bad(r, CSV_RULE_ENCODING);
	static const char bom[] = "\xEF\xBB\xBF";
	if (r->line == 1 && r->n_row == 0 && r->n_text >= 3 && memcmp(r->text, bom, 3) == 0)
		r->at_text = 3;
	return 0;
}

static int
put(struct reader *r, char c)
{
	/* One byte stays free for the NUL of the last field. */
	if (r->n_row + 1 >= sizeof(r->row))
		return bad(r, CSV_RULE_ROW_LIMIT);
	r->row[r->n_row++] = c;
	return 0;
}

static int
field_start(struct reader *r)
{
	if (r->n_fields == READER_MAX_FIELDS)
		return bad(r, CSV_RULE_ROW_LIMIT);
	r->field_at[r->n_fields++] = r->n_row;
	r->state = FIELD_START;
	return 0;
}

/* One character. *ret_row: the row is whole. */
static int
step(struct reader *r, char c, bool *ret_row)
{
	if (c == '\0')
		return bad(r, CSV_RULE_TEXT);
	if (r->state == AFTER_CR && c != '\n')
		return bad(r, CSV_RULE_LINE_END);
	if (c == '\n')
		r->line++;
	if (r->state == QUOTED) {
		if (c != '"')
			return put(r, c);
		r->state = QUOTE_SEEN;
		return 0;
	}
	if (c == '\n') {
		*ret_row = true;
		return put(r, '\0');
	}
	if (c == '\r') {
		r->state = AFTER_CR;
		return 0;
	}
	if (c == ',') {
		int x = put(r, '\0');
		return x ? x : field_start(r);
	}
	if (c == '"') {
		if (r->state == PLAIN)
			return bad(r, CSV_RULE_QUOTES);
		if (r->state == QUOTE_SEEN && put(r, '"') != 0)
			return READER_E_BAD;
		r->state = QUOTED;
		return 0;
	}
	if (r->state == QUOTE_SEEN)
		return bad(r, CSV_RULE_QUOTES);
	r->state = PLAIN;
	return put(r, c);
}

/* The last line may go without its end. */
static int
last_row(struct reader *r, bool *ret_row)
{
	if (r->state == QUOTED || r->state == AFTER_CR)
		return bad(r, CSV_RULE_LINE_END);
	r->ended = true;
	if (r->n_fields == 1 && r->n_row == 0 && r->state == FIELD_START)
		return READER_E_END;
	*ret_row = true;
	return put(r, '\0');
}

static int
row_collect(struct reader *r, struct err *err)
{
	bool whole = false;
	int x = 0;
	r->n_row = 0;
	r->n_fields = 0;
	r->row_twins = 0;
	r->row_line = r->line;
	x = field_start(r);
	while (x == 0 && !whole) {
		if (r->at_text == r->n_text)
			x = text_fill(r, err);
		if (x == 0 && r->at_text == r->n_text)
			x = last_row(r, &whole);
		else if (x == 0) {
			if (r->has_twins && (r->twin[r->at_text / 8] >> r->at_text % 8 & 1) != 0)
				r->row_twins |= UINT64_C(1) << (r->n_fields - 1);
			x = step(r, r->text[r->at_text++], &whole);
		}
	}
	return err_trace(err, x, "row");
}

int
reader_next(struct reader *r, struct csv_row *ret, struct err *err)
{
	if (r->ended)
		return READER_E_END;
	int x = row_collect(r, err);
	if (x)
		return err_trace(err, x, "row");
	if (r->n_fields_wanted == 0)
		r->n_fields_wanted = r->n_fields;
	if (r->n_fields != r->n_fields_wanted)
		return bad(r, CSV_RULE_FIELDS);
	*ret = (struct csv_row){ .n = r->n_fields, .line = r->row_line, .twins = r->row_twins };
	for (unsigned i = 0; i < r->n_fields; i++)
		ret->field[i] = r->row + r->field_at[i];
	return 0;
}

enum csv_rule
reader_rule(const struct reader *r)
{
	return r->rule;
}

unsigned long
reader_line(const struct reader *r)
{
	return r->row_line;
}

void
reader_digest(const struct reader *r, uint8_t out[32])
{
	sha256_stream_digest(r->hash, out);
}
