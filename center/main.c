/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-center CONF          serves; prints "ready port=N" on stdout
 * kofu-center -n CONF       checks the configuration and what it names, and ends
 * kofu-center routes        every route, a line of JSON each
 * kofu-center COMMAND ...   see admin.h
 */
#include "base/clock.h"
#include "base/notify.h"
#include "center/admin.h"
#include "center/router/router.h"
#include "center/router/status.h"
#include "db/db.h"
#include "pki/selftest.h"
#include "queries/center_migrations.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MAIN_ARENA_BYTES = 32 << 20 };

static int
main_listen(
    struct router *r, const struct center_conf *c, struct http_server **ret, struct err *err)
{
	size_t n = 0;
	const struct http_route *routes = router_routes(&n);
	const struct http_server_conf conf = {
		.address = c->address,
		.port = (uint16_t)c->port,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.want_client_cert = true,
		.threads = (unsigned)c->threads,
		.connections = (unsigned)c->connections,
	};
	return err_fold(err, http_server_start(&conf, routes, n, r, ret, err), "listen");
}

/* Until somebody asks us to end; meanwhile we tidy up. */
static void
main_wait(struct router *r, const sigset_t *ends)
{
	const struct timespec pause = { .tv_sec = ROUTER_WATCH_S };
	int64_t tidied_ms = clock_mono_ms();
	for (;;) {
		int sig = sigtimedwait(ends, NULL, &pause);
		if (sig > 0)
			return;
		if (errno != EAGAIN)
			continue;
		router_watch(r);
		if (clock_mono_ms() - tidied_ms < ROUTER_TIDY_S * 1000)
			continue;
		router_tidy(r);
		tidied_ms = clock_mono_ms();
	}
}

static int
main_serve(struct router *r, const struct center_conf *c, struct err *err)
{
	struct http_server *server = NULL;
	struct ops *ops = NULL;
	size_t n_status = 0;
	const struct http_route *status = status_routes(&n_status);
	const struct ops_conf oc = { .port = (uint16_t)c->ops_port,
		.app = r,
		.look = router_ops_look,
		.collect = router_ops_collect,
		.csp = status_csp,
		.routes = status,
		.n_routes = n_status };
	sigset_t ends;
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	/* Before any thread: all of them inherit it. */
	(void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	int e = main_listen(r, c, &server, err);
	if (e)
		return e;
	e = ops_start(&oc, &ops, err);
	if (e) {
		http_server_stop(server);
		return err_trace(err, e, "ops");
	}
	ops_watch(ops, "center", server);
	router_tidy(r);
	(void)printf("ready port=%u\n", (unsigned)http_server_port(server));
	(void)fflush(stdout);
	notify_ready();
	main_wait(r, &ends);
	notify_stopping();
	ops_stop(ops);
	http_server_stop(server);
	return 0;
}

/* A build works on its own schema and no other: I9. */
static int
main_schema(const struct center_conf *c, struct err *err)
{
	struct db *db = NULL;
	unsigned is = 0, want = db_center_migrations[db_center_migrations_n - 1].number;
	int r = db_open(c->database, &db, err);
	if (r == 0)
		r = db_schema_version(db, &is, err);
	db_close(db);
	if (r == 0 && is != want) {
		(void)fprintf(stderr,
		    "kofu-center: the database has schema %u, this build needs %u: run migrate\n",
		    is, want);
		return err_raise(err, FAULT_CONFIG, "schema", (long)is);
	}
	return err_fold(err, r, "schema");
}

static int
main_run(const char *path, bool only_check)
{
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	struct center_conf c = { 0 };
	struct router r = { 0 };
	struct err err = { 0 };
	if (center_conf_load(a, path, &c, &err) != 0)
		return 78;
	int e = router_open(&r, a, &c, &err);
	if (e == 0 && !only_check)
		e = selftest_start(&err);
	if (e == 0 && !only_check)
		e = main_schema(&c, &err);
	if (e == 0 && !only_check)
		e = router_connect(&r, &err);
	if (e == 0 && !only_check)
		e = main_serve(&r, &c, &err);
	router_close(&r);
	if (e == 0)
		return 0;
	log_fault("center", (struct txn_id){ 0 }, &err);
	return e == FAULT_CONFIG ? 78 : 1;
}

static int
main_routes(void)
{
	size_t n = 0;
	const struct http_route *routes = router_routes(&n);
	http_routes_print(stdout, "center", routes, n);
	return 0;
}

int
main(int argc, char **argv)
{
	int r = argc > 1 ? admin_main(argc - 1, argv + 1) : -1;
	if (r >= 0)
		return r;
	if (argc == 2 && strcmp(argv[1], "routes") == 0)
		return main_routes();
	bool check = argc == 3 && strcmp(argv[1], "-n") == 0;
	if (!check && (argc != 2 || argv[1][0] == '-')) {
		(void)fprintf(stderr,
		    "usage: kofu-center [-n] CONF\n"
		    "       kofu-center routes\n"
		    "       kofu-center migrate CONF\n"
		    "       kofu-center status CONF [--json]\n"
		    "       kofu-center stop-muni CONF MUNI\n"
		    "       kofu-center resume-muni CONF MUNI --by NAME --by OTHER-NAME\n"
		    "       kofu-center cut-kiosk CONF KIOSK --by NAME\n"
		    "       kofu-center admit-kiosk CONF KIOSK --by NAME --by OTHER-NAME\n"
		    "       kofu-center list-node CONF MUNI --by NAME --by OTHER-NAME "
		    "<ANNOUNCEMENT\n"
		    "       kofu-center unlist-node CONF MUNI DIGEST --by NAME\n"
		    "       kofu-center cut-node CONF NODE --by NAME\n"
		    "       kofu-center admit-node CONF NODE --by NAME --by OTHER-NAME\n");
		return 2;
	}
	return main_run(argv[argc - 1], check);
}
