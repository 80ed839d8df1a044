/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/rows.h"
#include "base/text.h"
#include "domain/muni.h"
#include "domain/resident.h"

#include <stdlib.h>
#include <string.h>

enum { CARD_ISSUER_BYTES = 32 };

void
csv_fault(struct csv_faults *to, struct csv_fault f)
{
	to->n++;
	if (to->say != NULL)
		to->say(to->self, &f);
}

static int
column_of(const struct csv_table *t, const char *header)
{
	for (unsigned i = 0; i < t->fields->n; i++)
		if (text_equal(t->column[i].header, header))
			return (int)i;
	return -1;
}

static bool
is_ignored(const struct csv_table *t, const char *header)
{
	for (unsigned i = 0; i < t->n_ignored; i++)
		if (strcmp(t->ignored[i], header) == 0)
			return true;
	return false;
}

void
csv_header_read(const struct csv_table *t, const struct csv_row *row, struct csv_header *ret,
    struct csv_faults *to)
{
	ret->table = t;
	for (unsigned i = 0; i < DICTIONARY_MAX_FIELDS; i++)
		ret->at[i] = -1;
	for (unsigned i = 0; i < row->n; i++) {
		int c = column_of(t, row->field[i]);
		if (c >= 0 ? ret->at[c] >= 0 : !is_ignored(t, row->field[i]))
			/* Its place, not its text: a file without header has a person there. */
			csv_fault(to,
			    (struct csv_fault){
				.line = row->line, .rule = CSV_RULE_HEADER, .limit = i + 1 });
		else if (c >= 0)
			ret->at[c] = (int)i;
	}
	for (unsigned i = 0; i < t->fields->n; i++)
		if (t->column[i].header != NULL && ret->at[i] < 0)
			csv_fault(to,
			    (struct csv_fault){ .line = row->line,
				.header = t->column[i].header,
				.rule = CSV_RULE_MISSING });
}

/* What the file's text means; NULL when the mapping does not say. */
static const char *
decoded(const struct csv_column *c, const char *text)
{
	if (c->n_codes == 0)
		return text;
	for (unsigned i = 0; i < c->n_codes; i++)
		if (strcmp(c->codes[i].from, text) == 0)
			return c->codes[i].to;
	return NULL;
}

static enum csv_rule
text_rule(const struct field *f, const char *s)
{
	if (!text_is_clean_utf8(s, strlen(s)))
		return CSV_RULE_TEXT;
	return text_utf8_count(s, strlen(s)) > (long)f->max ? CSV_RULE_LENGTH : CSV_RULE_NONE;
}

static bool
is_hex(const char *s, size_t max_bytes)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");
	return s[n] == '\0' && n % 2 == 0 && n / 2 <= max_bytes;
}

static enum csv_rule
value_rule(const struct field *f, const char *s)
{
	uint64_t n = 0;
	switch (f->type) {
	case FIELD_TEXT:
		return text_rule(f, s);
	case FIELD_NUMBER:
		return text_u64_parse(s, strlen(s), f->max, &n) && n > 0 ? CSV_RULE_NONE
									 : CSV_RULE_NUMBER;
	case FIELD_STATE:
		return strcmp(s, "1") == 0 || strcmp(s, "2") == 0 ? CSV_RULE_NONE : CSV_RULE_CODE;
	case FIELD_FLAG:
		return strcmp(s, "0") == 0 || strcmp(s, "1") == 0 ? CSV_RULE_NONE : CSV_RULE_CODE;
	case FIELD_HEX:
		return is_hex(s, f->max) ? CSV_RULE_NONE : CSV_RULE_HEX;
	}
	abort();
}

/* As the register's own tables would give it: flags as t and f, bytes behind "\x". */
static const char *
as_column(struct arena *a, const struct field *f, const char *s)
{
	if (f->type == FIELD_FLAG)
		return s[0] == '1' ? "t" : "f";
	return f->type == FIELD_HEX ? arena_printf(a, "\\x%s", s) : arena_strdup(a, s);
}

static enum csv_rule
read_value(struct arena *a, const struct csv_column *c, const char *text, const char **ret)
{
	const char *s = text;
	if (s[0] == '\0')
		return c->field->needed ? CSV_RULE_EMPTY : CSV_RULE_NONE;
	s = decoded(c, s);
	if (s == NULL)
		return CSV_RULE_CODE;
	enum csv_rule rule = value_rule(c->field, s);
	if (rule == CSV_RULE_NONE)
		*ret = as_column(a, c->field, s);
	return rule;
}

static const char *
value_of(const struct map_row *row, const char *column)
{
	for (unsigned i = 0; i < row->n_columns; i++)
		if (strcmp(row->columns[i].name, column) == 0)
			return row->columns[i].text;
	abort(); /* the dictionary has it */
}

/* What only the whole row shows: the items that this kind of resident must have. */
static void
juminhyo_rule(const struct map_row *row, unsigned long line, struct csv_faults *to)
{
	struct err err = { 0 };
	struct resident r = { .rireki_no = 1, .atena_no = value_of(row, "atena_no") };
	r.state = value_of(row, "jumin_jotai")[0] == '1' ? RESIDENT_REGISTERED : RESIDENT_REMOVED;
	r.class_ = value_of(row, "jumin_shubetsu")[0] == '1' ? RESIDENT_JAPANESE : RESIDENT_FOREIGN;
#define COLUMN(column_name, item_name) r.item_name = value_of(row, #column_name);
#include "agent/source/columns.def"
#undef COLUMN
	if (resident_check(&r, &err) == 0)
		return;
	long number = err.trail[0].number;
	const struct resident_item_info *info =
	    number > 0 ? resident_item_info((unsigned)number) : NULL;
	csv_fault(to,
	    (struct csv_fault){
		.line = line, .header = info ? info->japanese : NULL, .rule = CSV_RULE_EMPTY });
}

static bool
inkan_fits(const struct map_row *row)
{
	unsigned long width = strtoul(value_of(row, "haba_px"), NULL, 10);
	unsigned long height = strtoul(value_of(row, "takasa_px"), NULL, 10);
	size_t bytes = (strlen(value_of(row, "inei")) - 2) / 2;
	return width >= SEAL_MIN_PX && height >= SEAL_MIN_PX && bytes == (width + 7) / 8 * height;
}

static void
row_rule(const struct map_row *row, unsigned long line, struct csv_faults *to)
{
	bool fits = true;
	if (strcmp(row->table, "juminhyo") == 0)
		juminhyo_rule(row, line, to);
	if (strcmp(row->table, "inkan") == 0)
		fits = inkan_fits(row);
	if (strcmp(row->table, "shomeisho") == 0)
		fits = strlen(value_of(row, "issuer_key_hash")) == 2 + 2 * CARD_ISSUER_BYTES;
	if (!fits)
		csv_fault(to, (struct csv_fault){ .line = line, .rule = CSV_RULE_ROW });
}

void
csv_row_read(struct arena *a, const struct csv_header *h, const struct csv_row *row,
    struct map_row *ret, struct csv_faults *to)
{
	unsigned n = h->table->fields->n;
	unsigned before = to->n;
	struct repl_column *c = arena_zero_n(a, n, sizeof(*c));
	for (unsigned i = 0; i < n; i++) {
		const struct csv_column *column = &h->table->column[i];
		const char *text = NULL;
		if (h->at[i] >= 0) {
			enum csv_rule rule = read_value(a, column, row->field[h->at[i]], &text);
			bool sized = rule == CSV_RULE_LENGTH || rule == CSV_RULE_NUMBER ||
			    rule == CSV_RULE_HEX;
			if (rule == CSV_RULE_NONE && (row->twins >> h->at[i] & 1) != 0)
				rule = CSV_RULE_TWIN;
			if (rule != CSV_RULE_NONE)
				csv_fault(to,
				    (struct csv_fault){ row->line, column->header, rule,
					sized ? column->field->max : 0 });
		}
		c[i] = (struct repl_column){ column->field->column, text, false };
	}
	*ret = (struct map_row){ h->table->fields->table, c, n, false };
	if (to->n == before)
		row_rule(ret, row->line, to);
}
