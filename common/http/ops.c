/* SPDX-License-Identifier: Apache-2.0 */
#include "http/ops.h"
#include "base/clock.h"
#include "base/mem.h"
#include "wire/js.h"

#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct ops {
	struct ops_conf conf;
	struct http_server *http;
	int64_t started_ms;
	pthread_mutex_t lock; /* of what follows */
	struct ops_listener {
		const char *name;
		struct http_server *s;
	} listener[OPS_MAX_LISTENERS];
	unsigned n_listeners;
	struct http_route routes[3 + OPS_MAX_ROUTES]; /* ours, then the program's */
};

enum { OPS_METRICS_MAX_BYTES = 8 * 1024 * 1024 };

/* ---- what is told ---- */

static const struct metric ready_metric = { "kofu_ready", "1 when nothing is missing for work.",
	METRIC_GAUGE };
static const struct metric cpu = { "process_cpu_seconds_total", "Processor time.", METRIC_COUNTER };
static const struct metric memory = { "process_resident_memory_bytes", "Resident memory.",
	METRIC_GAUGE };
static const struct metric descriptors = { "process_open_fds", "Open descriptors.", METRIC_GAUGE };
static const struct metric started = { "process_start_time_seconds",
	"When it was started, since 1970.", METRIC_GAUGE };

void
ops_missing_add(struct ops_missing *m, const char *what, const char *muni)
{
	if (m->n < OPS_MAX_MISSING)
		m->what[m->n++] = muni ? arena_printf(m->arena, "%s %s", what, muni)
				       : arena_strdup(m->arena, what);
}

static double
resident_bytes(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static unsigned
open_descriptors(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");
	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n > 3 ? n - 3 : 0; /* ".", "..", and the folder itself */
}

static void
put_process(const struct ops *o, struct metrics *m)
{
	struct rusage u;
	if (getrusage(RUSAGE_SELF, &u) == 0)
		metrics_add(m, &cpu,
		    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
		    NULL, 0);
	metrics_add(m, &memory, resident_bytes(), NULL, 0);
	metrics_add(m, &descriptors, open_descriptors(), NULL, 0);
	metrics_add(m, &started, (double)o->started_ms / 1000, NULL, 0);
}

static void
look(const struct ops *o, struct arena *a, struct ops_missing *ret)
{
	*ret = (struct ops_missing){ .arena = a };
	if (o->conf.look != NULL)
		o->conf.look(o->conf.app, ret);
}

/* ---- routes ---- */

static int
live_get(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)req, (void)err;
	res->body = "{\"live\":true}";
	res->body_bytes = strlen(res->body);
	return 0;
}

static int
ready_get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct ops_missing m;
	look(req->app, req->arena, &m);
	AUTO(json_t) json_t *j = json_object();
	json_t *missing = json_array();
	js_put_bool(j, "ready", m.n == 0);
	js_put(j, "missing", missing);
	for (unsigned i = 0; i < m.n; i++)
		(void)json_array_append_new(missing, json_string(m.what[i]));
	res->status = m.n == 0 ? 200 : 503;
	struct buf out;
	buf_init(&out, JS_MAX_BYTES);
	int r = js_format(j, &out, err);
	if (r == 0) {
		res->body = arena_memdup(req->arena, out.p, out.bytes);
		res->body_bytes = out.bytes;
	}
	buf_done(&out);
	return r;
}

static int
metrics_get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct ops *o = req->app;
	struct metrics *m = arena_zero(req->arena, sizeof(*m));
	struct ops_missing missing;
	struct buf out;
	metrics_init(m);
	buf_init(&out, OPS_METRICS_MAX_BYTES);
	look(o, req->arena, &missing);
	metrics_add(m, &ready_metric, missing.n == 0, NULL, 0);
	put_process(o, m);
	(void)pthread_mutex_lock(&o->lock);
	for (unsigned i = 0; i < o->n_listeners; i++)
		http_server_metrics(o->listener[i].s, o->listener[i].name, m);
	(void)pthread_mutex_unlock(&o->lock);
	if (o->conf.collect != NULL)
		o->conf.collect(o->conf.app, &missing, m);
	bool whole = metrics_text(m, &out);
	metrics_done(m);
	if (whole) {
		res->body = arena_memdup(req->arena, out.p, out.bytes);
		res->body_bytes = out.bytes;
		res->type = "text/plain; version=0.0.4; charset=utf-8";
	}
	buf_done(&out);
	return whole ? 0 : err_raise(err, FAULT_INTERNAL, "figures past their limit", 0);
}

static const struct http_route routes[] = {
	{ "GET", "/livez", NULL, 0, live_get, NULL },
	{ "GET", "/readyz", NULL, 0, ready_get, NULL },
	{ "GET", "/metrics", NULL, 0, metrics_get, NULL },
};

void *
ops_app(const struct http_req *req)
{
	const struct ops *o = req->app;
	return o->conf.app;
}

int
ops_start(const struct ops_conf *c, struct ops **ret, struct err *err)
{
	const struct http_server_conf h = {
		.port = c->port, .threads = 2, .connections = 16, .csp = c->csp
	};
	_Static_assert(N_ELEMENTS(routes) == 3, "the room for them");
	*ret = NULL;
	if (c->port == 0)
		return 0;
	if (c->n_routes > OPS_MAX_ROUTES)
		return err_raise(
		    err, FAULT_CONFIG, "routes of an operations port", (long)c->n_routes);
	struct ops *o = mem_zero(sizeof(*o));
	o->conf = *c;
	o->started_ms = clock_now_ms();
	(void)pthread_mutex_init(&o->lock, NULL);
	memcpy(o->routes, routes, sizeof(routes));
	for (size_t i = 0; i < c->n_routes; i++)
		o->routes[N_ELEMENTS(routes) + i] = c->routes[i];
	int r =
	    http_server_start(&h, o->routes, N_ELEMENTS(routes) + c->n_routes, o, &o->http, err);
	if (r) {
		ops_stop(o);
		return err_trace(err, r, "ops");
	}
	*ret = o;
	return 0;
}

void
ops_watch(struct ops *o, const char *listener, struct http_server *s)
{
	if (o == NULL)
		return;
	(void)pthread_mutex_lock(&o->lock);
	if (o->n_listeners < OPS_MAX_LISTENERS)
		o->listener[o->n_listeners++] = (struct ops_listener){ listener, s };
	(void)pthread_mutex_unlock(&o->lock);
}

void
ops_stop(struct ops *o)
{
	if (o == NULL)
		return;
	http_server_stop(o->http);
	(void)pthread_mutex_destroy(&o->lock);
	mem_free(o);
}
