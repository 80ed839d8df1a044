/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 庁舎のキオスク: which kiosks are the city's own, and their stop. Whoever orders this city's
 * papers at a stopped one is refused from the next statement on: the front reads the list in each
 * snapshot, and once more under the row locks before it commits or releases anything.
 */
#include "queries/asp_console.h"
#include "server/console/console.h"
#include "wire/transcript.h"

#include <string.h>

enum { PLACE_MAX_BYTES = 240 };

static bool
is_kiosk(const char *s)
{
	size_t n = strlen(s);
	return n >= 1 && n <= TRANSCRIPT_MAX_ID &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int
kiosk_read(struct ask *q, bool may_be_all, const char **ret, struct err *err)
{
	int r = ask_text(q, "kiosk", may_be_all, ret, err);
	if (r == 0 && !(may_be_all && (*ret)[0] == '\0') && !is_kiosk(*ret))
		r = err_raise(err, FAULT_BAD_INPUT, "kiosk", 0);
	if (r == 0)
		js_put_text(q->detail, "kiosk", *ret);
	return err_trace(err, r, "kiosk");
}

static int
kiosk_result(int r, struct err *err)
{
	if (r == DB_E_CONFLICT) /* too many, or too long a place */
		return CONSOLE_E_TOO_MANY;
	return r == DB_E_RETRY ? r : err_fold(err, r, "kiosk");
}

int
console_kiosks(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	js_put(q->out, "kiosks", list);
	int r = db_ask0(q->db, &q_console_kiosk_list, &rows, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		json_t *j = json_object();
		js_put_text(j, "kiosk", db_text(rows, i, 0));
		js_put_text(j, "place", db_text(rows, i, 1));
		js_put_bool(j, "stopped", db_bool(rows, i, 2));
		js_put_text(j, "set_by", db_text(rows, i, 3));
		js_put_int(j, "set_ms", db_int(rows, i, 4));
		js_put_int(j, "used_ms", db_int(rows, i, 5));
		(void)json_array_append_new(list, j);
	}
	return err_fold(err, r, "kiosks");
}

int
console_kiosk_set(struct ask *q, struct err *err)
{
	static const char *const members[] = { "kiosk", "place", NULL };
	const char *kiosk = NULL, *place = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = kiosk_read(q, false, &kiosk, err);
	if (r == 0)
		r = ask_text(q, "place", false, &place, err);
	if (r == 0 && strlen(place) > PLACE_MAX_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "place", (long)strlen(place));
	if (r)
		return err_trace(err, r, "kiosk");
	js_put_text(q->detail, "place", place);
	r = db_ask(q->db, &q_console_kiosk_set, NULL, err, db_text_arg(kiosk), db_text_arg(place),
	    db_text_arg(q->user), db_int_arg(q->now_ms));
	return kiosk_result(r, err);
}

int
console_kiosk_remove(struct ask *q, struct err *err)
{
	static const char *const members[] = { "kiosk", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *kiosk = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = kiosk_read(q, false, &kiosk, err);
	if (r)
		return err_trace(err, r, "kiosk");
	r = db_ask(q->db, &q_console_kiosk_remove, &rows, err, db_text_arg(kiosk));
	if (r)
		return kiosk_result(r, err);
	return db_n(rows) == 1 ? 0 : CONSOLE_E_STATE;
}

/* {"kiosk":"K0001" or "" (every one of its own),"reason":…} */
static int
kiosks_stop(struct ask *q, bool stop, struct err *err)
{
	static const char *const members[] = { "kiosk", "reason", NULL };
	AUTO(db_rows) struct db_rows *known = NULL;
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *kiosk = NULL, *reason = NULL;
	json_t *changed = json_array();
	js_put(q->out, "changed", changed);
	int r = ask_members(q, members, err);
	if (r == 0)
		r = kiosk_read(q, true, &kiosk, err);
	if (r == 0)
		r = ask_text(q, "reason", false, &reason, err);
	if (r)
		return err_trace(err, r, "kiosks");
	js_put_text(q->detail, "reason", reason);
	r = db_ask(q->db, &q_console_kiosk_known, &known, err, db_text_arg(kiosk));
	if (r == 0 && !db_bool(known, 0, 0))
		return CONSOLE_E_UNKNOWN;
	if (r == 0)
		r = db_ask(q->db, &q_console_kiosk_stop, &rows, err, db_text_arg(kiosk),
		    db_bool_arg(stop), db_text_arg(q->user), db_int_arg(q->now_ms));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		(void)json_array_append_new(changed, json_string(db_text(rows, i, 0)));
	return kiosk_result(r, err);
}

int
console_kiosks_stop(struct ask *q, struct err *err)
{
	return kiosks_stop(q, true, err);
}

int
console_kiosks_resume(struct ask *q, struct err *err)
{
	return kiosks_stop(q, false, err);
}
