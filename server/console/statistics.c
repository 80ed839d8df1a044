/* SPDX-License-Identifier: Apache-2.0 */
/* What was issued, counted by day, kind, outcome and kiosk: numbers, a chart, a CSV. Nobody's data.
 */
#include "base/clock.h"
#include "queries/asp_console.h"
#include "server/console/chart.h"
#include "server/console/console.h"

#include <string.h>

enum {
	DAY_MS = 86400000,
	STAT_MAX_DAYS = 366,
	STAT_BY_DAY = 62, /* more than so many are drawn by month */
	STAT_OUTCOMES = 3,
	STAT_MAX_KIOSKS = 200,
};
static const char *const outcome_titles[STAT_OUTCOMES + 1] = { "", "発行（結果待ち）", "印刷済",
	"無効" };
static const char *const fills[] = { "", "#14406f", "#c05a00", "#1d7a5a" };

struct stat {
	int64_t from_ms;
	unsigned n_days;
	int64_t (*n)[DOC_KIND_MAX + 1][STAT_OUTCOMES + 1];   /* copies, by day */
	int64_t (*yen)[DOC_KIND_MAX + 1][STAT_OUTCOMES + 1]; /* their fees */
};

/* ?from=2026-11-01&until=2026-11-30, both days included. */
static int
range_read(struct ask *q, struct stat *s, struct err *err)
{
	int64_t until_ms = 0;
	const char *from = http_req_query(q->req, "from"), *until = http_req_query(q->req, "until");
	int r = ask_day(from, &s->from_ms, err);
	if (r == 0)
		r = ask_day(until, &until_ms, err);
	if (r)
		return err_trace(err, r, "range");
	int64_t days = (until_ms - s->from_ms) / DAY_MS + 1;
	if (days < 1 || days > STAT_MAX_DAYS)
		return CONSOLE_E_PERIOD;
	s->n_days = (unsigned)days;
	js_put_text(q->detail, "from", from);
	js_put_text(q->detail, "until", until);
	return 0;
}

static int
stat_read(struct ask *q, struct stat *s, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = range_read(q, s, err);
	if (r)
		return err_trace(err, r, "statistics");
	s->n = arena_zero_n(q->a, s->n_days, sizeof(*s->n));
	s->yen = arena_zero_n(q->a, s->n_days, sizeof(*s->yen));
	r = db_ask(q->db, &q_console_issue_count, &rows, err, db_int_arg(s->from_ms),
	    db_int_arg(s->from_ms + (int64_t)s->n_days * DAY_MS));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		int64_t day = db_int(rows, i, 0), kind = db_int(rows, i, 1),
			state = db_int(rows, i, 2);
		if (day < 0 || day >= s->n_days || kind < 1 || kind > DOC_KIND_MAX || state < 1 ||
		    state > STAT_OUTCOMES)
			return err_raise(err, FAULT_INTEGRITY, "count", (long)i);
		s->n[day][kind][state] = db_int(rows, i, 3);
		s->yen[day][kind][state] = db_int(rows, i, 4);
	}
	return err_fold(err, r, "statistics");
}

static const char *
day_text(struct ask *q, const struct stat *s, unsigned day)
{
	struct civil_date d = clock_japan(s->from_ms + (int64_t)day * DAY_MS).on;
	return arena_printf(q->a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

/* --- numbers --- */

static int
kiosks_put(struct ask *q, const struct stat *s, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	js_put(q->out, "kiosks", list);
	int r = db_ask(q->db, &q_console_issue_kiosks, &rows, err, db_int_arg(s->from_ms),
	    db_int_arg(s->from_ms + (int64_t)s->n_days * DAY_MS), db_int_arg(STAT_MAX_KIOSKS));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		json_t *j = json_object();
		js_put_text(j, "kiosk", db_text(rows, i, 0));
		js_put_int(j, "issued", db_int(rows, i, 1));
		js_put_int(j, "printed", db_int(rows, i, 2));
		js_put_int(j, "void", db_int(rows, i, 3));
		(void)json_array_append_new(list, j);
	}
	return err_fold(err, r, "kiosks");
}

int
console_statistics(struct ask *q, struct err *err)
{
	struct stat s;
	int r = stat_read(q, &s, err);
	if (r)
		return err_trace(err, r, "statistics");
	json_t *kinds = json_array();
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		json_t *j = json_object();
		int64_t sum[STAT_OUTCOMES + 1] = { 0 }, yen = 0;
		for (unsigned d = 0; d < s.n_days; d++) {
			for (unsigned o = 1; o <= STAT_OUTCOMES; o++)
				sum[o] += s.n[d][k][o];
			yen += s.yen[d][k][2];
		}
		js_put_text(j, "kind", doc_kind_title((enum doc_kind)k));
		js_put_int(j, "issued", sum[1]);
		js_put_int(j, "printed", sum[2]);
		js_put_int(j, "void", sum[3]);
		js_put_int(j, "yen", yen);
		(void)json_array_append_new(kinds, j);
	}
	js_put(q->out, "kinds", kinds);
	js_put_int(q->out, "days", s.n_days);
	return kiosks_put(q, &s, err);
}

/* --- the chart --- */

/* Days or, of a long time, months: how many bars, whose each day is, what they are called. */
static unsigned
bars_make(struct ask *q, const struct stat *s, unsigned *bar_of, const char **labels)
{
	unsigned n = 0;
	int before = 0;
	for (unsigned d = 0; d < s->n_days; d++) {
		struct civil_date on = clock_japan(s->from_ms + (int64_t)d * DAY_MS).on;
		bool by_month = s->n_days > STAT_BY_DAY;
		if (!by_month)
			labels[n++] = arena_printf(q->a, "%d/%d", on.month, on.day);
		else if (on.month != before)
			labels[n++] = arena_printf(q->a, "%d/%02d", on.year, on.month);
		before = on.month;
		bar_of[d] = n - 1;
	}
	return n;
}

static int
chart_answer(struct ask *q, const struct chart *c, struct err *err)
{
	struct buf b;
	buf_init(&b, CHART_BYTES);
	chart_draw(c, &b);
	int r = buf_ok(&b) ? 0 : err_raise(err, FAULT_INTERNAL, "chart over its limit", 0);
	q->res->type = "image/svg+xml";
	q->res->body_bytes = b.bytes;
	q->res->body = r == 0 ? arena_memdup(q->a, b.p, b.bytes) : NULL;
	buf_done(&b);
	return r;
}

/* /api/statistics/chart/kind or /outcome */
int
console_statistics_chart(struct ask *q, struct err *err)
{
	struct stat s;
	struct chart_series series[DOC_KIND_MAX];
	unsigned bar_of[STAT_MAX_DAYS];
	const char *labels[STAT_MAX_DAYS];
	_Static_assert((int)DOC_KIND_MAX == (int)STAT_OUTCOMES, "three of both");
	bool by_kind = strcmp(q->req->arg[0], "kind") == 0;
	if (!by_kind && strcmp(q->req->arg[0], "outcome") != 0)
		return CONSOLE_E_UNKNOWN;
	int r = stat_read(q, &s, err);
	if (r)
		return err_trace(err, r, "statistics");
	unsigned n = bars_make(q, &s, bar_of, labels);
	for (unsigned i = 1; i <= DOC_KIND_MAX; i++) {
		int64_t *values = arena_zero_n(q->a, n, sizeof(*values));
		for (unsigned d = 0; d < s.n_days; d++)
			for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
				values[bar_of[d]] += by_kind ? s.n[d][i][k] : s.n[d][k][i];
		series[i - 1] = (struct chart_series){ .fill = fills[i],
			.name = by_kind ? doc_kind_title((enum doc_kind)i) : outcome_titles[i],
			.values = values };
	}
	const struct chart c = { .title = by_kind ? "種類別の交付数（通）" : "結果別の交付数（通）",
		.labels = labels,
		.n_bars = n,
		.series = series,
		.n_series = DOC_KIND_MAX };
	return chart_answer(q, &c, err);
}

/* --- CSV --- */

int
console_csv_statistics(struct ask *q, struct err *err)
{
	static const char *const head[] = { "日", "種類", "結果", "通数", "手数料（円）" };
	struct stat s;
	struct buf b;
	int r = stat_read(q, &s, err);
	if (r)
		return err_trace(err, r, "statistics");
	csv_begin(&b, head, N_ELEMENTS(head));
	for (unsigned d = 0; d < s.n_days; d++)
		for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
			for (unsigned o = 1; o <= STAT_OUTCOMES; o++) {
				if (s.n[d][k][o] == 0)
					continue;
				csv_cell(&b, day_text(q, &s, d));
				csv_cell(&b, doc_kind_title((enum doc_kind)k));
				csv_cell(&b, outcome_titles[o]);
				csv_cell(&b, arena_printf(q->a, "%lld", (long long)s.n[d][k][o]));
				csv_cell(&b, arena_printf(q->a, "%lld", (long long)s.yen[d][k][o]));
				csv_end_row(&b);
			}
	return csv_answer(q, &b, "kofu-tokei", err);
}
