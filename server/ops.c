/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ops.h"
#include "server/front/store.h"
#include "server/selftest.h"

enum { OPS_DB_WAIT_MS = 1000, OPS_ARENA_BYTES = 256 * 1024 };

static const struct metric reachable = { "kofu_database_up",
	"1 when the municipality's database answers.", METRIC_GAUGE };
static const struct metric stopped = { "kofu_municipality_stopped",
	"1 when nothing is issued for it.", METRIC_GAUGE };
static const struct metric news = { "kofu_replica_news_time_seconds",
	"Up to which instant the register's news are here, since 1970.", METRIC_GAUGE };
static const struct metric changed = { "kofu_replica_register_time_seconds",
	"When the newest change that is here was made in the register, since 1970.", METRIC_GAUGE };
static const struct metric batch = { "kofu_replica_batch",
	"Number of the newest batch that is here.", METRIC_GAUGE };
static const struct metric under_way = { "kofu_orders_under_way", "Orders at once.", METRIC_GAUGE };

/* A municipality's replica as it stands, read once for both questions of a scrape. */
struct seen {
	bool up, stopped;
	double news_s, changed_s, batch;
};

static void
state_read(struct front_muni *m, struct seen *ret)
{
	AUTO(arena) struct arena *a = arena_new(OPS_ARENA_BYTES);
	struct store_view v;
	struct err err = { 0 };
	struct db *db = NULL;
	int r = db_pool_take(m->db, OPS_DB_WAIT_MS, &db, &err);
	if (r)
		return;
	r = store_view_read(db, a, &v, &err);
	db_pool_give(m->db, db);
	if (r)
		return;
	*ret = (struct seen){ .up = true,
		.stopped = v.v.stopped != NULL,
		.news_s = (double)v.v.beat_ms / 1000,
		.changed_s = (double)v.register_ms / 1000,
		.batch = (double)v.v.seq };
}

void
server_ops_look(void *front, struct ops_missing *out)
{
	struct front *f = front;
	struct keydir keys;
	struct err err = { 0 };
	struct seen *seen = arena_zero_n(out->arena, f->n_munis, sizeof(*seen));
	out->seen = seen;
	for (unsigned i = 0; i < SELFTEST_N; i++)
		if (f->self_test & 1U << i)
			ops_missing_add(out,
			    arena_printf(
				out->arena, "self-test %s", selftest_code((enum selftest_check)i)),
			    NULL);
	for (unsigned i = 0; i < f->n_munis; i++) {
		state_read(&f->munis[i], &seen[i]);
		if (!seen[i].up)
			ops_missing_add(out, "database", f->munis[i].code.s);
	}
	if (f->n_munis > 0 && seal_keys(f->conf->seal_socket, f->munis[0].code, &keys, &err) < 0)
		ops_missing_add(out, "seal", NULL);
}

static void
put_muni(struct front_muni *m, const struct seen *s, struct metrics *out)
{
	const struct metric_label own = { "municipality", m->code.s };
	metrics_add(out, &reachable, s->up, &own, 1);
	metrics_add(out, &under_way, atomic_load(&m->admission.inside), &own, 1);
	if (!s->up)
		return;
	metrics_add(out, &stopped, s->stopped, &own, 1);
	metrics_add(out, &news, s->news_s, &own, 1);
	metrics_add(out, &changed, s->changed_s, &own, 1);
	metrics_add(out, &batch, s->batch, &own, 1);
}

void
server_ops_collect(void *front, const struct ops_missing *looked, struct metrics *out)
{
	struct front *f = front;
	const struct seen *seen = looked->seen;
	for (unsigned i = 0; i < f->n_munis; i++)
		put_muni(&f->munis[i], &seen[i], out);
}
