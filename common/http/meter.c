/* SPDX-License-Identifier: Apache-2.0 */
/* What a server has answered: how often by route and code, and how long it took. */
#include "base/metrics.h"
#include "http/http_private.h"

#include <string.h>

static const struct metric answers = { "kofu_http_answers_total",
	"Answers by route and outcome; code \"ok\" for those without a refusal.", METRIC_COUNTER };
static const struct metric durations = { "kofu_http_answer_seconds",
	"From a request's head to the end of its answer.", METRIC_HISTOGRAM };
static const struct metric connections = { "kofu_http_connections", "Open connections.",
	METRIC_GAUGE };

static struct http_meter_row *
row_of(struct http_meter *m, const struct http_route *route, unsigned status, const char *code)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->row[i].route == route && m->row[i].status == status &&
		    strcmp(m->row[i].code, code) == 0)
			return &m->row[i];
	if (m->n == HTTP_METER_ROWS)
		return NULL; /* routes and codes are literals: there are not so many */
	m->row[m->n] = (struct http_meter_row){ .route = route, .status = status, .code = code };
	return &m->row[m->n++];
}

void
http_meter_count(struct http_server *s, const struct http_route *route, unsigned status,
    const char *code, uint64_t ms)
{
	(void)pthread_mutex_lock(&s->lock);
	struct http_meter_row *row = row_of(&s->meter, route, status, code ? code : "ok");
	if (row != NULL) {
		row->n++;
		metric_durations_add(&row->took, ms);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

/* A route's answers of all outcomes: refusals are quick, and a table of each would be long. */
static void
put_durations(
    const struct http_meter *m, unsigned first, struct metric_label *label, struct metrics *out)
{
	struct metric_durations sum = { 0 };
	for (unsigned i = 0; i < first; i++)
		if (m->row[i].route == m->row[first].route)
			return; /* told already */
	for (unsigned i = first; i < m->n; i++) {
		if (m->row[i].route != m->row[first].route)
			continue;
		for (unsigned k = 0; k <= METRICS_N_BOUNDS; k++)
			sum.n[k] += m->row[i].took.n[k];
		sum.sum_ms += m->row[i].took.sum_ms;
	}
	metrics_add_durations(out, &durations, &sum, label, 3);
}

void
http_server_metrics(struct http_server *s, const char *listener, struct metrics *out)
{
	(void)pthread_mutex_lock(&s->lock);
	const struct http_meter *m = &s->meter;
	for (unsigned i = 0; i < m->n; i++) {
		const struct http_meter_row *row = &m->row[i];
		struct metric_label label[] = { { "listener", listener },
			{ "method", row->route ? row->route->method : "-" },
			{ "route", row->route ? row->route->path : "-" }, { "code", row->code } };
		metrics_add(out, &answers, (double)row->n, label, N_ELEMENTS(label));
		put_durations(m, i, label, out);
	}
	(void)pthread_mutex_unlock(&s->lock);
	const struct metric_label own = { "listener", listener };
	metrics_add(out, &connections, atomic_load(&s->n_conns), &own, 1);
}
