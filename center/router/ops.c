/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/router.h"

enum { OPS_ARENA_BYTES = 64 * 1024 };

static const struct metric stopped = { "kofu_municipality_stopped",
	"1 when nothing is routed to it.", METRIC_GAUGE };
static const struct metric unsaved = { "kofu_municipality_stop_unsaved",
	"1 when it is stopped and the database has not heard of it.", METRIC_GAUGE };
static const struct metric waiting = { "kofu_requests_under_way",
	"Requests that wait for the municipality's server.", METRIC_GAUGE };

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
router_ops_collect(void *router, struct metrics *out)
{
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
		metrics_add(out, &unsaved, atomic_load(&m->unsaved) != 0, &own, 1);
		metrics_add(out, &waiting,
		    atomic_load(&m->orders.inside) + atomic_load(&m->papers.inside), &own, 1);
	}
}
