/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/router.h"

#include <stdio.h>

enum { OPS_ARENA_BYTES = 64 * 1024 };

static const struct metric stopped = { "kofu_municipality_stopped",
	"1 when nothing is routed to it.", METRIC_GAUGE };
static const struct metric unsaved = { "kofu_municipality_stop_unsaved",
	"1 when it is stopped and the database has not heard of it.", METRIC_GAUGE };
static const struct metric waiting = { "kofu_requests_under_way",
	"Requests that wait for the municipality's server.", METRIC_GAUGE };

static const struct metric refused = { "kofu_node_refused",
	"1 when a municipality's node gets no orders for what it is.", METRIC_GAUGE };
static const struct metric kept_back = { "kofu_node_requests_kept_back_total",
	"Requests that a node did not get for what it is.", METRIC_COUNTER };

static void
put_nodes(struct router_muni *m, struct metrics *out)
{
	for (unsigned i = 0; i < upstream_n(m->servers); i++) {
		struct upstream_node_view v;
		upstream_look(m->servers, i, &v);
		if (v.name[0] == '\0') /* not met yet: two of them are two */
			(void)snprintf(v.name, sizeof(v.name), "(%u)", i + 1);
		const struct metric_label own[] = { { "municipality", m->code.s },
			{ "node", v.name }, { "is", node_verdict_name(v.verdict) } };
		metrics_add(out, &refused, node_verdict_is_refusal(v.verdict), own, 3);
		metrics_add(out, &kept_back, (double)v.n_refused, own, 2);
	}
}

void
router_ops_look(void *router, struct ops_missing *out)
{
	struct router *r = router;
	struct err err = { 0 };
	/* Any question that the database must answer. */
	if (store_kiosk_check(r->store, "", &err) < 0)
		ops_missing_add(out, "database", NULL);
}

struct stops {
	struct router *r;
	bool *of; /* each municipality */
};

static void
stops_note(void *self, const char *muni)
{
	struct stops *s = self;
	struct router_muni *m = router_muni_find(s->r, muni);
	if (m != NULL)
		s->of[m - s->r->munis] = true;
}

void
router_ops_collect(void *router, const struct ops_missing *looked, struct metrics *out)
{
	(void)looked;
	struct router *r = router;
	AUTO(arena) struct arena *a = arena_new(OPS_ARENA_BYTES);
	struct stops s = { r, arena_zero_n(a, r->n_munis, sizeof(bool)) };
	struct err err = { 0 };
	bool known = store_stops(r->store, stops_note, &s, &err) == 0;
	for (unsigned i = 0; i < r->n_munis; i++) {
		struct router_muni *m = &r->munis[i];
		const struct metric_label own = { "municipality", m->code.s };
		/* Nothing is said where nothing is known. */
		if (known || atomic_load(&m->stopped))
			metrics_add(out, &stopped, s.of[i] || atomic_load(&m->stopped), &own, 1);
		put_nodes(m, out);
		metrics_add(out, &unsaved, atomic_load(&m->unsaved) != 0, &own, 1);
		metrics_add(out, &waiting,
		    atomic_load(&m->orders.inside) + atomic_load(&m->papers.inside), &own, 1);
	}
}
