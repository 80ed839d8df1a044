/* SPDX-License-Identifier: Apache-2.0 */
/* Whom staff may find, and what they are shown: what a stop needs, no 個人番号. */
#include "base/text.h"
#include "queries/asp_console.h"
#include "server/console/console.h"

#include <string.h>

enum {
	COL_HOUSEHOLD = 1,
	COL_STATE = 2,
	COL_PARKED = 3,
	COL_RIREKI = 4,
	COL_OWN = 6,
	COL_HOUSE = 7
};

static void
put_if(json_t *j, const char *key, const char *value)
{
	js_put_text(j, key, value != NULL ? value : "");
}

/* One row of person_by_ref and its kin. */
static int
person_describe(struct ask *q, const struct db_rows *rows, size_t i, json_t *list, struct err *err)
{
	uint8_t ref[16], household[16];
	struct resident r;
	int x = column16(rows, i, 0, ref, err);
	if (x == 0)
		x = column16(rows, i, COL_HOUSEHOLD, household, err);
	if (x == 0)
		x = ask_resident(q, rows, i, COL_RIREKI, ref, &r, err);
	if (x)
		return err_trace(err, x, "person");
	json_t *j = json_object();
	js_put_hex(j, "ref", ref, sizeof(ref));
	js_put_hex(j, "household", household, sizeof(household));
	put_if(j, "atena_no", r.atena_no);
	put_if(j, "setai_no", r.setai_no);
	put_if(j, "name", r.name != NULL ? r.name : r.name_latin);
	put_if(j, "kana", r.name_kana);
	put_if(j, "birth", r.birth);
	put_if(j, "address", r.address);
	put_if(j, "katagaki", r.katagaki);
	js_put_bool(j, "registered", db_int(rows, i, COL_STATE) == RESIDENT_REGISTERED);
	js_put_bool(j, "parked", db_bool(rows, i, COL_PARKED));
	js_put(j, "blocked", kinds_list((unsigned)db_int(rows, i, COL_OWN)));
	js_put(j, "household_blocked", kinds_list((unsigned)db_int(rows, i, COL_HOUSE)));
	(void)json_array_append_new(list, j);
	ask_subject(q, ref);
	return 0;
}

static int
persons_describe(struct ask *q, const struct db_rows *rows, json_t *list, struct err *err)
{
	int r = 0;
	for (size_t i = 0; i < db_n(rows) && i < CONSOLE_MAX_FOUND && r == 0; i++)
		r = person_describe(q, rows, i, list, err);
	return err_trace(err, r, "persons");
}

static int
find_by_number(struct ask *q, const char *atena_no, json_t *list, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct person_ref ref;
	vault_person_ref(&q->c->vault, atena_no, &ref);
	int r =
	    db_ask(q->db, &q_console_person_by_ref, &rows, err, db_bytes_arg(ref.b, sizeof(ref.b)));
	return r ? err_trace(err, r, "person") : persons_describe(q, rows, list, err);
}

static bool
has_space(const char *s)
{
	return strchr(s, ' ') != NULL || strstr(s, "\u3000") != NULL;
}

/*
 * While the data key is replaced a row is found under the one or under the other. The last of
 * @keys is the rarest.
 */
static int
keys_ask(
    struct ask *q, const struct vault_hash *keys, unsigned n, struct db_rows **ret, struct err *err)
{
	const char *now = NULL, *before = NULL;
	struct vault_hashes rarest;
	int r = search_keys_under(&q->c->vault, q->a, keys, n, 0, &now, err);
	if (r == 0)
		r = search_keys_under(&q->c->vault, q->a, keys, n, 1, &before, err);
	if (r == 0)
		r = vault_hash_all(&q->c->vault, &keys[n - 1], &rarest, err);
	if (r)
		return err_trace(err, r, "keys");
	r = db_ask(q->db, &q_console_person_by_keys, ret, err, db_text_arg(now),
	    db_int_arg(CONSOLE_MAX_FOUND + 1), db_text_arg(before != NULL ? before : now),
	    db_text_arg(vault_hash_literal(q->a, rarest.of, rarest.n)));
	return err_trace(err, r, "persons");
}

/*
 * By the whole フリガナ; one word is also tried as the 氏 alone. A day of birth is rarer than
 * either.
 */
static int
find_by_keys(struct ask *q, const char *kana, const char *birth, json_t *list, bool *ret_more,
    struct err *err)
{
	unsigned tries = kana[0] != '\0' && !has_space(kana) ? 2 : 1;
	int r = 0;
	for (unsigned i = 0; i < tries && r == 0; i++) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		struct vault_hash keys[2];
		unsigned n = 0;
		if (kana[0] != '\0' && i == 0)
			search_key_kana(&q->c->vault, kana, &keys[n++]);
		if (kana[0] != '\0' && i == 1)
			search_key_first(&q->c->vault, kana, &keys[n++]);
		if (birth[0] != '\0')
			search_key_birth(&q->c->vault, birth, &keys[n++]);
		r = keys_ask(q, keys, n, &rows, err);
		if (r == 0)
			r = persons_describe(q, rows, list, err);
		*ret_more = *ret_more || (r == 0 && db_n(rows) > CONSOLE_MAX_FOUND);
	}
	return err_trace(err, r, "persons");
}

int
console_persons(struct ask *q, struct err *err)
{
	static const char *const members[] = { "atena_no", "kana", "birth", NULL };
	const char *atena_no = NULL, *kana = NULL, *birth = NULL;
	json_t *list = json_array();
	bool more = false;
	js_put(q->out, "persons", list);
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_text(q, "atena_no", true, &atena_no, err);
	if (r == 0)
		r = ask_text(q, "kana", true, &kana, err);
	if (r == 0)
		r = ask_text(q, "birth", true, &birth, err);
	if (r == 0 && atena_no[0] == '\0' && kana[0] == '\0' && birth[0] == '\0')
		r = err_raise(err, FAULT_BAD_INPUT, "nothing to search for", 0);
	if (r)
		return err_trace(err, r, "search");
	js_put_bool(q->detail, "by_number", atena_no[0] != '\0');
	js_put_bool(q->detail, "by_kana", kana[0] != '\0');
	js_put_bool(q->detail, "by_birth", birth[0] != '\0');
	r = atena_no[0] != '\0' ? find_by_number(q, atena_no, list, err)
				: find_by_keys(q, kana, birth, list, &more, err);
	js_put_int(q->detail, "found", (int64_t)json_array_size(list));
	js_put_bool(q->out, "more", more);
	return err_fold(err, r, "search");
}

static int
person_stops(struct ask *q, const uint8_t ref[16], const uint8_t household[16], struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	js_put(q->out, "stops", list);
	int r = db_ask(q->db, &q_console_stop_of, &rows, err, db_bytes_arg(ref, 16),
	    db_bytes_arg(household, 16));
	return r ? err_trace(err, r, "stops") : stops_describe(q, rows, false, list, err);
}

static int
person_household(struct ask *q, const uint8_t household[16], struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	js_put(q->out, "members", list);
	int r = db_ask(q->db, &q_console_person_household, &rows, err, db_bytes_arg(household, 16),
	    db_int_arg(CONSOLE_MAX_FOUND));
	return r ? err_trace(err, r, "household") : persons_describe(q, rows, list, err);
}

int
console_person(struct ask *q, struct err *err)
{
	static const char *const members[] = { "ref", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t ref[16], household[16];
	json_t *list = json_array();
	js_put(q->out, "person", list);
	int r = ask_members(q, members, err);
	if (r == 0)
		r = js_hex(q->body, "ref", ref, sizeof(ref), err);
	if (r == 0)
		r = db_ask(q->db, &q_console_person_by_ref, &rows, err, db_bytes_arg(ref, 16));
	if (r)
		return err_fold(err, r, "person");
	if (db_n(rows) == 0)
		return CONSOLE_E_UNKNOWN;
	r = column16(rows, 0, COL_HOUSEHOLD, household, err);
	if (r == 0)
		r = person_describe(q, rows, 0, list, err);
	if (r == 0)
		r = person_household(q, household, err);
	if (r == 0)
		r = person_stops(q, ref, household, err);
	return err_fold(err, r, "person");
}
