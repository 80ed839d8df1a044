/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/check.h"
#include "agent/source/csv/csv_file.h"

#include <stdio.h>
#include <string.h>

/* For the operator, who has the file before him. */
static const char *
rule_text(enum csv_rule rule)
{
	static const char *const texts[] = {
		[CSV_RULE_ENCODING] = "文字コードにない文字です",
		[CSV_RULE_QUOTES] = "引用符の位置が正しくありません",
		[CSV_RULE_LINE_END] = "行の終わりが正しくありません",
		[CSV_RULE_FIELDS] = "項目の数が見出しと違います",
		[CSV_RULE_ROW_LIMIT] = "行が長すぎます",
		[CSV_RULE_HEADER] = "対応表にない見出しか、二度ある見出しです",
		[CSV_RULE_MISSING] = "見出しがありません",
		[CSV_RULE_EMPTY] = "空にできません",
		[CSV_RULE_TEXT] = "制御文字があります",
		[CSV_RULE_LENGTH] = "文字数が多すぎます",
		[CSV_RULE_NUMBER] = "１以上の数ではありません",
		[CSV_RULE_CODE] = "対応表にないコードです",
		[CSV_RULE_HEX] = "１６進数ではないか、長すぎます",
		[CSV_RULE_TWIN] = "二通りに書ける文字で、書き戻すと別の文字コードになります",
		[CSV_RULE_ROW] = "項目どうしが合いません",
	};
	return texts[rule];
}

void
check_say(void *self, const struct csv_fault *f)
{
	struct check_out *out = self;
	if (out->told++ >= CHECK_MAX_TOLD)
		return;
	fprintf(stderr, "%s:%lu: ", out->name, f->line);
	if (f->header != NULL)
		fprintf(stderr, "「%s」 ", f->header);
	else if (f->rule == CSV_RULE_HEADER)
		fprintf(stderr, "%u列目 ", f->limit);
	fprintf(stderr, "%s", rule_text(f->rule));
	if (f->header != NULL && f->limit > 0)
		fprintf(stderr, " (%uまで)", f->limit);
	fprintf(stderr, " [%s]\n", csv_rule_name(f->rule));
}

int
check_file(const struct agent_conf *c, const char *path, bool *ret_good, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct check_out out = { .name = slash ? slash + 1 : path };
	struct csv_faults faults = { check_say, &out, 0 };
	struct csv_name name;
	uint64_t rows = 0;
	if (!csv_name_parse(c->muni, out.name, &name)) {
		fprintf(stderr, "%s: ファイル名が正しくありません [name]\n", out.name);
		*ret_good = false;
		return 0;
	}
	int r = csv_file_check(path, c->mapping, name.table, NULL, &faults, &rows, err);
	if (r < 0)
		return err_trace(err, r, "check");
	if (r == 0)
		printf("%s: %llu rows, good\n", out.name, (unsigned long long)rows);
	else
		fprintf(stderr, "%s: %u faults\n", out.name, faults.n);
	*ret_good &= r == 0;
	return 0;
}

bool
check_header(const char *table)
{
	int i = dictionary_find(table);
	if (i < 0)
		return false;
	const struct field_table *t = &dictionary()[i];
	for (unsigned k = 0; k < t->n; k++)
		printf("%s%s", k ? "," : "", t->field[k].japanese);
	printf("\r\n");
	return true;
}
