/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/keycmd.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "center/inquiry/apikey.h"
#include "db/db.h"
#include "queries/center_inquiry.h"

#include <stdio.h>
#include <string.h>

static bool
is_name(const char *s)
{
	size_t n = strlen(s);
	long chars = text_utf8_count(s, n);
	return chars >= 1 && chars <= KEYCMD_MAX_NAME && s[0] != '-' && text_is_clean_utf8(s, n);
}

static int
create(struct db *db, int argc, char **argv, struct err *err)
{
	struct apikey key;
	char text[APIKEY_CHARS + 1];
	uint64_t per_minute = KEYCMD_PER_MINUTE;
	if ((argc != 1 && argc != 3) || !is_name(argv[0]))
		return KEYCMD_E_USAGE;
	if (argc == 3 &&
	    (strcmp(argv[1], "--per-minute") != 0 ||
		!text_u64_parse(argv[2], strlen(argv[2]), KEYCMD_MAX_PER_MINUTE, &per_minute) ||
		per_minute == 0))
		return KEYCMD_E_USAGE;
	apikey_make(&key, text);
	int r = db_ask(db, &q_inquiry_key_add, NULL, err, db_text_arg(key.id), db_text_arg(argv[0]),
	    db_bytes_arg(key.hash, sizeof(key.hash)), db_int_arg((int64_t)per_minute),
	    db_int_arg(clock_now_ms()));
	if (r == 0)
		printf("%s\n", text);
	mem_wipe(text, sizeof(text));
	return err_fold(err, r, "key create");
}

static int
list(struct db *db, int argc, char **argv, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	char at[26];
	(void)argv;
	if (argc != 0)
		return KEYCMD_E_USAGE;
	int r = db_ask0(db, &q_inquiry_key_list, &rows, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		clock_format_rfc3339(db_int(rows, i, 3), at);
		printf("%s  %lld a minute  since %s", db_text(rows, i, 0),
		    (long long)db_int(rows, i, 2), at);
		if (!db_is_null(rows, i, 4)) {
			clock_format_rfc3339(db_int(rows, i, 4), at);
			printf("  revoked %s", at);
		}
		printf("  %s\n", db_text(rows, i, 1));
	}
	return err_fold(err, r, "key list");
}

static int
revoke(struct db *db, int argc, char **argv, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	if (argc != 1 || !apikey_is_id(argv[0]))
		return KEYCMD_E_USAGE;
	int r = db_ask(db, &q_inquiry_key_revoke, &done, err, db_text_arg(argv[0]),
	    db_int_arg(clock_now_ms()));
	if (r)
		return err_fold(err, r, "key revoke");
	if (db_n_touched(done) == 0)
		return KEYCMD_E_UNKNOWN;
	printf("revoked: %s\n", argv[0]);
	return 0;
}

int
keycmd_run(const struct inquiry_conf *c, int argc, char **argv, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct db *db, int argc, char **argv, struct err *err);
	} commands[] = { { "create", create }, { "list", list }, { "revoke", revoke } };
	struct db *db = NULL;
	size_t i = 0;
	while (argc > 0 && i < N_ELEMENTS(commands) && strcmp(argv[0], commands[i].name) != 0)
		i++;
	if (argc == 0 || i == N_ELEMENTS(commands))
		return KEYCMD_E_USAGE;
	if (c->admin == NULL)
		return err_raise(err, FAULT_CONFIG, "no [inquiry] admin", 0);
	int r = db_open(c->admin, &db, err);
	if (r == 0)
		r = commands[i].run(db, argc - 1, argv + 1, err);
	db_close(db);
	return err_trace(err, r, "key");
}
