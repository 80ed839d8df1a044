/* SPDX-License-Identifier: Apache-2.0 */
/* CSV files of a register: read strictly, tested whole, told by line and rule. */
#include "unit.h"

#include "agent/source/csv/csv.h"
#include "agent/source/csv/csv_file.h"
#include "base/file.h"
#include "domain/muni.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEST_ARENA_BYTES = 32 * 1024 * 1024 };

static int
fd_of(const void *p, size_t bytes)
{
	struct err err = { 0 };
	int fd = memfd_create("csv", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, p, bytes, &err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads all of it; returns the outcome, and the fields joined by '|', rows by '/'. */
static int
read_all(const void *p, size_t bytes, const char *encoding, char *out, size_t room,
    enum csv_rule *ret_rule, unsigned long *ret_line)
{
	AUTO_FD int fd = fd_of(p, bytes);
	AUTO(reader) struct reader *r = NULL;
	struct csv_row row;
	struct err err = { 0 };
	size_t n = 0;
	int x = reader_new(fd, encoding, &r, &err);
	assert_int_equal(x, 0);
	out[0] = '\0';
	while ((x = reader_next(r, &row, &err)) == 0)
		for (unsigned i = 0; i < row.n && n < room; i++)
			n += (size_t)snprintf(
			    out + n, room - n, "%s%s", row.field[i], i + 1 < row.n ? "|" : "/");
	*ret_rule = reader_rule(r);
	*ret_line = reader_line(r);
	return x;
}

static void
rows_are_read_as_rfc_4180_says(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "a,b\r\nc,d\r\n", "a|b/c|d/" },
		{ "a,b\nc,d\n", "a|b/c|d/" },
		{ "a,b\r\nc,d", "a|b/c|d/" },
		{ "a,\r\n,d\r\n", "a|/|d/" },
		{ "\"a\",\"b\"\r\n\"c,d\",\"e\"\"f\"\r\n", "a|b/c,d|e\"f/" },
		{ "a\r\n\"b\r\nc\"\r\n", "a/b\r\nc/" },
		{ "a\r\n\"\"\r\n", "a//" },
		{ "\xEF\xBB\xBF"
		  "a,b\r\n",
		    "a|b/" },
		{ "氏名\r\n𠮷葛󠄂\r\n", "氏名/𠮷葛󠄂/" },
		{ "", "" },
	};
	for (unsigned i = 0; i < N_ELEMENTS(t); i++) {
		char out[200];
		enum csv_rule rule;
		unsigned long line;
		assert_int_equal(
		    read_all(t[i].text, strlen(t[i].text), "UTF-8", out, sizeof(out), &rule, &line),
		    READER_E_END);
		assert_string_equal(out, t[i].want);
	}
}

static void
what_is_not_strict_is_refused_by_rule_and_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t bytes;
		enum csv_rule rule;
		unsigned long line;
	} t[] = {
#define ROW(text, rule, line) { text, sizeof(text) - 1, CSV_RULE_##rule, line }
		ROW("a,b\r\nc\r\n", FIELDS, 2),
		ROW("a,b\r\nc,d,e\r\n", FIELDS, 2),
		ROW("a,b\r\n\r\n", FIELDS, 2),
		ROW("a\r\nb\"c\r\n", QUOTES, 2),
		ROW("a\r\n\"b\"c\r\n", QUOTES, 2),
		ROW("a\r\nb\rc\r\n", LINE_END, 2),
		ROW("a\r\nb\r\n\"c\r\n", LINE_END, 3),
		ROW("a\r\nb\r", LINE_END, 2),
		ROW("a\r\nb\0c\r\n", TEXT, 2),
		ROW("a\r\nb\r\nc\xff\r\n", ENCODING, 3),
		ROW("a\r\nb\r\n\xe6\xb0", ENCODING, 3),
		ROW("a\r\n\"b\r\n\r\nc\"\r\nd\"\r\n", QUOTES, 5),
#undef ROW
	};
	for (unsigned i = 0; i < N_ELEMENTS(t); i++) {
		char out[200];
		enum csv_rule rule;
		unsigned long line;
		int x = read_all(t[i].text, t[i].bytes, "UTF-8", out, sizeof(out), &rule, &line);
		assert_int_equal(x, READER_E_BAD);
		assert_string_equal(csv_rule_name(rule), csv_rule_name(t[i].rule));
		assert_int_equal(line, t[i].line);
	}
}

static void
other_encodings_are_read_and_their_faults_seen(void **state)
{
	(void)state;
	char out[200];
	enum csv_rule rule;
	unsigned long line;
	/* 見本 in CP932, then in UTF-16LE with its mark. */
	static const char cp932[] = "a\r\n\x8c\xa9\x96\x7b\r\n";
	static const char utf16[] = "\xff\xfe"
				    "a\0\r\0\n\0\x8b\x89\x2c\x67";
	assert_int_equal(
	    read_all(cp932, sizeof(cp932) - 1, "CP932", out, sizeof(out), &rule, &line),
	    READER_E_END);
	assert_string_equal(out, "a/見本/");
	assert_int_equal(
	    read_all(utf16, sizeof(utf16) - 1, "UTF-16LE", out, sizeof(out), &rule, &line),
	    READER_E_END);
	assert_string_equal(out, "a/見本/");
	static const char bad[] = "a\r\nb\r\n\x8c\r\n";
	assert_int_equal(
	    read_all(bad, sizeof(bad) - 1, "CP932", out, sizeof(out), &rule, &line), READER_E_BAD);
	assert_int_equal(rule, CSV_RULE_ENCODING);
	assert_int_equal(line, 3);
}

/* ∵ and 髙 stand in CP932 twice; only 81E6 and FBFC come back. 見 stands there once. */
static void
a_character_that_would_come_back_as_other_bytes_is_told_with_its_field(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t twins;
	} t[] = {
		{ "a,b,c\r\n\x8c\xa9,\x81\xe6,\xfb\xfc\r\n", 0 },
		{ "a,b,c\r\n\x8c\xa9,\x87\x9a,\xfb\xfc\r\n", 2 },
		{ "a,b,c\r\n\xb1\xee\xe0\xb1,x,\x8c\xa9\xed\x95\r\n", 5 },
		{ "a,b,c\r\n\"\xee\xe0,\",\x8c\xa9,x\r\n", 1 },
	};
	for (unsigned i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct csv_row row;
		AUTO(reader) struct reader *r = NULL;
		AUTO_FD int fd = memfd_create("t", MFD_CLOEXEC);
		assert_int_equal(fd_write_all(fd, t[i].text, strlen(t[i].text), &err), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(reader_new(fd, "CP932", &r, &err), 0);
		assert_int_equal(reader_next(r, &row, &err), 0);
		assert_int_equal(row.twins, 0);
		assert_int_equal(reader_next(r, &row, &err), 0);
		assert_int_equal(row.line, 2);
		assert_int_equal(row.twins, t[i].twins);
	}
}

/* A row at its limit is read, one byte more is not; and as many fields as there may be. */
static void
a_row_ends_at_its_limit(void **state)
{
	(void)state;
	size_t most = READER_MAX_ROW_BYTES - 1;
	char *p = malloc(most + 1);
	char *out = malloc(most + 10);
	enum csv_rule rule;
	unsigned long line;
	memset(p, 'x', most + 1);
	/* One field: its text and a NUL. */
	assert_int_equal(
	    read_all(p, most - 1, "UTF-8", out, most + 10, &rule, &line), READER_E_END);
	assert_int_equal(strlen(out), most);
	assert_int_equal(read_all(p, most, "UTF-8", out, most + 10, &rule, &line), READER_E_BAD);
	assert_int_equal(rule, CSV_RULE_ROW_LIMIT);
	memset(p, ',', READER_MAX_FIELDS);
	assert_int_equal(
	    read_all(p, READER_MAX_FIELDS - 1, "UTF-8", out, most, &rule, &line), READER_E_END);
	assert_int_equal(
	    read_all(p, READER_MAX_FIELDS, "UTF-8", out, most, &rule, &line), READER_E_BAD);
	assert_int_equal(rule, CSV_RULE_ROW_LIMIT);
	free(p);
	free(out);
}

static void
a_mapping_is_taken_whole_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ "{\"v\":1,\"silence_s\":60}", 0 },
		{ "{\"v\":1,\"silence_s\":604800,\"encoding\":\"CP932\",\"keep\":true,\"tables\":{}"
		  "}",
		    0 },
		{ "{\"v\":1,\"silence_s\":604801}", FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":0}", FAULT_CONFIG },
		{ "{\"v\":2,\"silence_s\":60}", FAULT_CONFIG },
		{ "{\"v\":1}", FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"encoding\":\"EBCDIC\"}", FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"other\":1}", FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":[]}", FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"zeikin\":{}}}", FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"yokushi\":{\"absent\":[\"yuko\"]}}}",
		    FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"juminhyo\":{\"absent\":[\"biko\"]}}}",
		    0 },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"juminhyo\":{\"ignore\":[\"更新者\"]}}}",
		    0 },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"juminhyo\":{\"ignore\":[\"氏名\"]}}}",
		    FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"juminhyo\":{\"codes\":{\"nix\":{\"1\":"
		  "\"a\"}}}}}",
		    FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"juminhyo\":{\"codes\":{\"sex\":{}}}}}",
		    FAULT_CONFIG },
		/* A column left out by oversight. */
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"yokushi\":{\"columns\":{\"K\":\"taisho_"
		  "kubun\","
		  "\"N\":\"taisho_no\",\"R\":\"rireki_no\",\"Y\":\"yuko\",\"J\":\"juminhyo\"}}}}",
		    FAULT_CONFIG },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"yokushi\":{\"columns\":{\"K\":\"taisho_"
		  "kubun\","
		  "\"N\":\"taisho_no\",\"R\":\"rireki_no\",\"Y\":\"yuko\",\"J\":\"juminhyo\",\"I\":"
		  "\"inkan\"}}}}",
		    0 },
		{ "{\"v\":1,\"silence_s\":60,\"tables\":{\"yokushi\":{\"columns\":{\"K\":\"taisho_"
		  "kubun\","
		  "\"L\":\"taisho_kubun\"}}}}",
		    FAULT_CONFIG },
		{ "[]", FAULT_CONFIG },
		{ "{", FAULT_CONFIG },
	};
	for (unsigned i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA_BYTES);
		struct csv_mapping m = { .silence_s = -1 };
		struct err err = { 0 };
		int r = mapping_parse(a, t[i].text, strlen(t[i].text), &m, &err);
		if (r != t[i].want)
			print_error("mapping %u\n", i);
		assert_int_equal(r, t[i].want);
		assert_true(r == 0 || m.silence_s == -1);
	}
}

static void
a_file_name_says_what_it_is(void **state)
{
	(void)state;
	struct muni_code muni;
	struct csv_name f;
	static const char *const bad[] = {
		"991023_JUMIN_SA_20261121093000_00000012.csv", /* another municipality's */
		"991015_ZEIKIN_SA_20261121093000_00000012.csv",
		"991015_JUMIN_XX_20261121093000_00000012.csv",
		"991015_JUMIN_SA_20261321093000_00000012.csv",
		"991015_JUMIN_SA_2026112109300_00000012.csv",
		"991015_JUMIN_SA_20261121093000_0000012.csv",
		"991015_JUMIN_SA_20261121093000_00000000.csv",
		"991015_JUMIN_SA_20261121093000_00000012.CSV",
		"991015_JUMIN_SA_20261121093000_00000012.csv.csv",
		"991015_JUMIN_SA_20261121093000_00000012",
		"991015__JUMIN_SA_20261121093000_00000012.csv",
		"",
	};
	assert_true(muni_parse("991015", 6, &muni));
	assert_true(csv_name_parse(muni, "991015_INKAN_ZEN_20261121093000_00000012.csv", &f));
	assert_int_equal(f.seq, 12);
	assert_true(f.full);
	assert_string_equal(dictionary()[f.table].table, "inkan");
	assert_int_equal(f.stamp_ms, 1795221000000);
	for (unsigned i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(csv_name_parse(muni, bad[i], &f));
}

static void
a_position_is_read_as_it_is_written(void **state)
{
	(void)state;
	static const char *const bad[] = { "0/16B3748", "csv:1", "csv::0", "csv:01:0",
		"csv:1:", "csv:100000000:0", "csv:1:0 ", "csv:-1:0", "" };
	struct csv_position p;
	char text[SOURCE_MAX_POSITION_BYTES + 1];
	assert_true(csv_position_parse("csv:99999999:1000000000", &p));
	csv_position_format(p, text);
	assert_string_equal(text, "csv:99999999:1000000000");
	for (unsigned i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(csv_position_parse(bad[i], &p));
}

/* --- rules of rows --- */

struct told {
	char text[2000];
	size_t n;
};
static void
tell(void *self, const struct csv_fault *f)
{
	struct told *t = self;
	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%lu:%s:%s ", f->line,
	    f->header ? f->header : "", csv_rule_name(f->rule));
}

static char *
write_temp(const char *text)
{
	static char path[] = "/tmp/kofu-csv-XXXXXX";
	struct err err = { 0 };
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	AUTO_FD int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text), &err), 0);
	return path;
}

static void
check_yokushi(const char *rows, const char *want, uint64_t n)
{
	AUTO(arena) struct arena *a = arena_new(TEST_ARENA_BYTES);
	static const char mapping[] =
	    "{\"v\":1,\"silence_s\":60,\"tables\":{\"yokushi\":{\"codes\":{"
	    "\"yuko\":{\"有\":\"1\",\"無\":\"0\"}},\"ignore\":[\"更新者\"]}}}";
	struct csv_mapping m;
	struct told told = { .n = 0 };
	struct csv_faults faults = { tell, &told, 0 };
	struct err err = { 0 };
	uint64_t read = 0;
	assert_int_equal(mapping_parse(a, mapping, strlen(mapping), &m, &err), 0);
	char *path = write_temp(rows);
	int r = csv_file_check(
	    path, &m, (unsigned)dictionary_find("yokushi"), NULL, &faults, &read, &err);
	(void)unlink(path);
	assert_string_equal(told.text, want);
	assert_int_equal(r, want[0] ? CSV_E_REFUSED : 0);
	if (!want[0])
		assert_int_equal(read, n);
}

#define HEAD "対象区分,対象番号,履歴番号,有効,住民票の写し,印鑑登録証明書,更新者\r\n"

static void
every_fault_of_a_file_is_told(void **state)
{
	(void)state;
	check_yokushi(HEAD "1,10000017,1,有,1,0,x\r\n2,20000015,2,無,1,1,\r\n", "", 2);
	check_yokushi(HEAD, "", 0);
	check_yokushi("", "1::empty ", 0);
	check_yokushi(HEAD "3,10000017,0,1,2,,x\r\n1,1234567890123456,1000000001,有,1,1,x\r\n",
	    "2:対象区分:code 2:履歴番号:number 2:有効:code 2:住民票の写し:code "
	    "2:印鑑登録証明書:empty "
	    "3:対象番号:length 3:履歴番号:number ",
	    0);
	check_yokushi(HEAD "1,123456789012345,1000000000,有,1,1,x\r\n", "", 1);
	check_yokushi(HEAD "1,1\x01,1,有,1,1,x\r\n", "2:対象番号:text ", 0);
	check_yokushi("対象区分,対象番号,対象番号,有効,住民票の写し,別,更新者\r\n",
	    "1::header 1::header 1:履歴番号:missing 1:印鑑登録証明書:missing ", 0);
	check_yokushi(HEAD "1,10000017,x,有,1,0,x\r\n1,1\r\n", "2:履歴番号:number 3::fields ", 0);
}

static void
a_resident_without_what_he_must_have_is_told(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(TEST_ARENA_BYTES);
	static const char mapping[] = "{\"v\":1,\"silence_s\":60}";
	const struct field_table *t = &dictionary()[dictionary_find("juminhyo")];
	struct csv_mapping m;
	struct told told = { .n = 0 };
	struct csv_faults faults = { tell, &told, 0 };
	struct err err = { 0 };
	struct buf b;
	uint64_t read = 0;
	assert_int_equal(mapping_parse(a, mapping, strlen(mapping), &m, &err), 0);
	buf_init(&b, 100000);
	for (unsigned i = 0; i < t->n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", t->field[i].japanese);
	for (unsigned k = 0; k < 3; k++) {
		buf_text(&b, "\r\n");
		for (unsigned i = 0; i < t->n; i++) {
			bool birth = strcmp(t->field[i].column, "seinengappi") == 0;
			bool name = strcmp(t->field[i].column, "shimei") == 0;
			const char *value = t->field[i].type == FIELD_TEXT ? "値" : "1";
			if ((k == 1 && birth) || (k == 2 && name))
				value = "";
			buf_printf(&b, "%s%s", i ? "," : "", value);
		}
	}
	buf_u8(&b, 0);
	char *path = write_temp((const char *)b.p);
	assert_int_equal(csv_file_check(path, &m, 0, NULL, &faults, &read, &err), CSV_E_REFUSED);
	(void)unlink(path);
	assert_string_equal(told.text, "3:生年月日:empty 4:氏名:empty ");
	buf_done(&b);
}

static void
a_seal_must_be_as_large_as_it_says(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(TEST_ARENA_BYTES);
	static const char mapping[] = "{\"v\":1,\"silence_s\":60}";
	struct csv_mapping m;
	struct err err = { 0 };
	assert_int_equal(mapping_parse(a, mapping, strlen(mapping), &m, &err), 0);
	static const struct {
		unsigned px, bytes;
		const char *want;
	} t[] = {
		{ 189, 24 * 189, "" },
		{ 591, 74 * 591, "" },
		{ 189, 24 * 189 - 1, "2::row " },
		{ 188, 24 * 188, "2::row " },
		{ 592, 74 * 592, "2:印影幅:number 2:印影高さ:number 2:印影:hex " },
	};
	for (unsigned i = 0; i < N_ELEMENTS(t); i++) {
		struct told told = { .n = 0 };
		struct csv_faults faults = { tell, &told, 0 };
		struct buf b;
		uint64_t read = 0;
		buf_init(&b, 200000);
		buf_printf(&b,
		    "宛名番号,履歴番号,登録状態,登録番号,登録年月日,印影幅,印影高さ,印影\r\n"
		    "1,1,1,5,令和６年,%u,%u,",
		    t[i].px, t[i].px);
		for (unsigned k = 0; k < t[i].bytes; k++)
			buf_text(&b, "0f");
		buf_u8(&b, 0);
		char *path = write_temp((const char *)b.p);
		int r = csv_file_check(
		    path, &m, (unsigned)dictionary_find("inkan"), NULL, &faults, &read, &err);
		(void)unlink(path);
		buf_done(&b);
		assert_string_equal(told.text, t[i].want);
		assert_int_equal(r, t[i].want[0] ? CSV_E_REFUSED : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read_as_rfc_4180_says),
		cmocka_unit_test(what_is_not_strict_is_refused_by_rule_and_line),
		cmocka_unit_test(other_encodings_are_read_and_their_faults_seen),
		cmocka_unit_test(
		    a_character_that_would_come_back_as_other_bytes_is_told_with_its_field),
		cmocka_unit_test(a_row_ends_at_its_limit),
		cmocka_unit_test(a_mapping_is_taken_whole_or_refused),
		cmocka_unit_test(a_file_name_says_what_it_is),
		cmocka_unit_test(a_position_is_read_as_it_is_written),
		cmocka_unit_test(every_fault_of_a_file_is_told),
		cmocka_unit_test(a_resident_without_what_he_must_have_is_told),
		cmocka_unit_test(a_seal_must_be_as_large_as_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
