/* SPDX-License-Identifier: Apache-2.0 */
#include "server/run.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/notify.h"
#include "domain/muni.h"
#include "server/audit/sealer.h"
#include "server/front/front.h"
#include "server/front/node.h"
#include "server/ops.h"
#include "server/selftest.h"
#include "server/render/form.h"
#include "server/seal/conf.h"
#include "server/sync/sync.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

struct run {
	const struct server_conf *conf;
	struct arena *arena;
	struct profile *profiles;
	struct warm warm;
	struct front front;
	struct http_client *center;
	struct sync *sync;
	struct sealer *sealer;
	struct http_server *http, *sync_http;
	struct ops *ops;
};

static int
profile_load(
    struct arena *a, const struct server_muni_conf *c, struct profile *ret, struct err *err)
{
	uint8_t *json = NULL;
	size_t n = 0;
	int r = file_read(a, c->profile, PROFILE_MAX_BYTES, &json, &n, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "profile file", r);
	r = profile_parse(a, json, n, ret, err);
	if (r)
		return err_fold(err, r, "profile");
	r = form_assign(a, ret, err);
	if (r)
		return err_trace(err, r, "profile's forms");
	if (strcmp(ret->muni.s, c->code) != 0)
		return err_raise(err, FAULT_CONFIG, "profile of another municipality", 0);
	return 0;
}

int
run_profiles_load(
    struct arena *a, const struct server_conf *c, struct profile **ret, struct err *err)
{
	struct profile *p = arena_zero_n(a, c->n_munis, sizeof(*p));
	for (unsigned i = 0; i < c->n_munis; i++) {
		int r = profile_load(a, &c->munis[i], &p[i], err);
		if (r)
			return err_trace(err, r, "profiles");
	}
	*ret = p;
	return 0;
}

static int
tenant_fill(struct run *run, unsigned i, struct sync_tenant *ret, struct err *err)
{
	const struct server_muni_conf *c = &run->conf->munis[i];
	const struct front_muni *m = &run->front.munis[i];
	*ret = (struct sync_tenant){ .muni = m->code,
		.conninfo = c->sync,
		.limits = { run->profiles[i].retention_days, run->profiles[i].stop_behind_s } };
	return err_fold(err, seal_conf_point(c->sync_key, &ret->agent_key, err), "tenant");
}

static int
center_open(struct run *run, struct err *err)
{
	const struct server_conf *c = run->conf;
	const struct http_client_conf h = {
		.base_url = c->center_url,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.peer_role = "center",
	};
	return c->center_url == NULL
	    ? 0
	    : err_fold(err, http_client_new(&h, &run->center, err), "center");
}

static int
sync_open(struct run *run, struct err *err)
{
	unsigned n = run->conf->n_munis;
	struct sync_tenant *tenants = arena_zero_n(run->arena, n, sizeof(*tenants));
	struct sync_conf c = {
		.tenants = tenants, .n_tenants = n, .seal_socket = run->conf->seal_socket
	};
	int r = center_open(run, err);
	for (unsigned i = 0; i < n && r == 0; i++)
		r = tenant_fill(run, i, &tenants[i], err);
	c.center = run->center;
	if (r == 0)
		r = sync_start(&c, &run->sync, err);
	return err_fold(err, r, "sync");
}

/* Of each municipality whose audit this server seals. */
static int
sealer_open(struct run *run, struct err *err)
{
	const struct server_conf *c = run->conf;
	struct sealer_tenant *t = arena_zero_n(run->arena, c->n_munis, sizeof(*t));
	struct sealer_conf s = {
		.tenants = t, .seal_socket = c->seal_socket, .witness_dir = c->witness
	};
	for (unsigned i = 0; i < c->n_munis; i++)
		if (c->munis[i].audit != NULL)
			t[s.n_tenants++] =
			    (struct sealer_tenant){ run->front.munis[i].code, c->munis[i].audit };
	return s.n_tenants == 0 ? 0 : err_fold(err, sealer_start(&s, &run->sealer, err), "audit");
}

static int
listen_open(const struct server_conf *c, const char *address, int64_t port, unsigned threads,
    const struct http_route *routes, size_t n, void *app, struct http_server **ret, struct err *err)
{
	const struct http_server_conf h = {
		.address = address,
		.port = (uint16_t)port,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.want_client_cert = true,
		.threads = threads,
		.connections = (unsigned)c->connections,
	};
	return err_fold(err, http_server_start(&h, routes, n, app, ret, err), "listener");
}

static int
listeners_open(struct run *run, struct err *err)
{
	const struct server_conf *c = run->conf;
	size_t n = 0;
	const struct http_route *routes = sync_routes(&n);
	int r = listen_open(
	    c, c->sync_address, c->sync_port, 0, routes, n, run->sync, &run->sync_http, err);
	routes = front_routes(&n);
	if (r == 0)
		r = listen_open(c, c->address, c->port, (unsigned)c->threads, routes, n,
		    &run->front, &run->http, err);
	return err_trace(err, r, "listeners");
}

/* Waits for a signal that ends us; drops old answers meanwhile. */
static int
wait_for_end(struct run *run, const sigset_t *signals, struct err *err)
{
	const struct timespec tidy = { .tv_sec = RUN_TIDY_S };
	for (;;) {
		int got = sigtimedwait(signals, NULL, &tidy);
		if (got == SIGTERM || got == SIGINT)
			return 0;
		if (waitpid(run->warm.pid, NULL, WNOHANG) == run->warm.pid) {
			run->warm.pid = 0;
			return err_raise(err, FAULT_UNAVAILABLE, "the render template died", 0);
		}
		if (got < 0 && errno == EAGAIN) {
			front_tidy(&run->front);
			node_tidy(&run->front);
		}
	}
}

static int
run_ops_open(struct run *run, struct err *err)
{
	const struct ops_conf c = { .port = (uint16_t)run->conf->ops_port,
		.app = &run->front,
		.look = server_ops_look,
		.collect = server_ops_collect };
	int r = ops_start(&c, &run->ops, err);
	ops_watch(run->ops, "front", run->http);
	ops_watch(run->ops, "stream", run->sync_http);
	return err_trace(err, r, "ops");
}

static int
selftest_render(void *warm, const struct buf *request, struct buf *out)
{
	struct err err = { 0 };
	int r = warm_render(warm, request, RUN_SELFTEST_MS, out, &err);
	if (r)
		log_fault("selftest.render", (struct txn_id){ 0 }, &err);
	return r;
}

/* A node that fails stays up and says why: at /readyz, and to the center that asks what it is. */
static void
selftest_open(struct run *run)
{
	struct selftest_parts p;
	selftest_parts_real(&p);
	p.render = selftest_render;
	p.render_arg = &run->warm;
	run->front.self_test = selftest_run(&p, run->conf->n_munis > 0 ? run->profiles : NULL);
	selftest_log(run->front.self_test);
}

static int
run_open(struct run *run, struct err *err)
{
	const struct server_conf *c = run->conf;
	int r = run_profiles_load(run->arena, c, &run->profiles, err);
	if (r == 0)
		r = warm_start(&(struct warm_conf){ c->fonts, run->profiles, c->n_munis, true },
		    &run->warm, err);
	if (r == 0)
		r = front_open(&run->front, run->arena, c, run->profiles, &run->warm, err);
	if (r == 0)
		selftest_open(run);
	if (r == 0)
		r = node_open(&run->front, err);
	if (r == 0)
		r = sync_open(run, err);
	if (r == 0)
		r = sealer_open(run, err);
	if (r == 0)
		r = listeners_open(run, err);
	if (r == 0)
		r = run_ops_open(run, err);
	return err_trace(err, r, "start");
}

static void
run_close(struct run *run)
{
	notify_stopping();
	ops_stop(run->ops);
	http_server_stop(run->http);
	http_server_stop(run->sync_http);
	sync_stop(run->sync);
	http_client_free(run->center);
	sealer_stop(run->sealer);
	front_close(&run->front);
	warm_stop(&run->warm);
}

int
run_server(struct arena *a, const struct server_conf *c, struct err *err)
{
	struct run run = { .conf = c, .arena = a };
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_raise(err, FAULT_INTERNAL, "signals", errno);
	int r = run_open(&run, err);
	if (r == 0) {
		printf("ready port=%u sync_port=%u\n", http_server_port(run.http),
		    http_server_port(run.sync_http));
		(void)fflush(stdout);
		notify_ready();
		r = wait_for_end(&run, &signals, err);
	}
	run_close(&run);
	return err_trace(err, r, "kofu-server");
}
