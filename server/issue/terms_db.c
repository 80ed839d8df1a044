/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/terms_db.h"

static int
kind_read(const struct db_rows *rows, size_t i, struct terms *t, struct err *err)
{
	int64_t kind = db_int(rows, i, 0);
	if (kind < 1 || kind > DOC_KIND_MAX)
		return err_raise(err, FAULT_INTEGRITY, "terms of a kind", (long)kind);
	struct terms_kind *k = &t->kinds[kind];
	k->has_week = !db_is_null(rows, i, 1);
	if (k->has_week && !terms_week_parse(db_text(rows, i, 1), &k->week))
		return err_raise(err, FAULT_INTEGRITY, "week", (long)kind);
	if (k->has_week)
		k->week.closed_year_end = db_bool(rows, i, 2);
	k->has_fee = !db_is_null(rows, i, 3);
	k->fee_yen = k->has_fee ? (unsigned)db_int(rows, i, 3) : 0;
	k->closed = db_bool(rows, i, 4);
	return 0;
}

int
terms_db_take(const struct db_rows *rows, struct terms *ret, struct err *err)
{
	struct terms t = { 0 };
	int r = db_n(rows) == DOC_KIND_MAX
	    ? 0
	    : err_raise(err, FAULT_INTEGRITY, "terms", (long)db_n(rows));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = kind_read(rows, i, &t, err);
	if (r)
		return err_trace(err, r, "terms");
	*ret = t;
	return 0;
}

int
terms_db_read(
    struct db *db, const struct db_query *q, int64_t now_ms, struct terms *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, q, &rows, err, db_int_arg(now_ms));
	if (r == 0)
		r = terms_db_take(rows, ret, err);
	return err_trace(err, r, "terms");
}
