/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-server - the replica's site at the LGWAN-ASP.
 *   kofu-server run CONF     serve
 *   kofu-server -n CONF      check configuration and profiles
 *   kofu-server routes       every route of its three listeners, a line of JSON each
 *   and the operator's commands of server/admin/admin.h
 */
#include "server/admin/admin.h"
#include "server/console/console.h"
#include "server/front/front.h"
#include "server/run.h"
#include "server/sync/sync.h"
#include <stdio.h>
#include <string.h>

enum { MAIN_ARENA_BYTES = 64 * 1024 * 1024, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONF = 78 };

static int
usage(void)
{
	fprintf(stderr,
	    "usage: kofu-server run CONF\n       kofu-server -n CONF\n       kofu-server routes\n");
	for (const struct admin_command *c = admin_commands; c->name != NULL; c++)
		fprintf(stderr, "       kofu-server %s\n", c->usage);
	return EXIT_USAGE;
}

/* The very tables that are served: what a test walks, so that a new route is in it. */
static int
routes_print(void)
{
	size_t n = 0;
	const struct http_route *r = front_routes(&n);
	http_routes_print(stdout, "front", r, n);
	r = sync_routes(&n);
	http_routes_print(stdout, "stream", r, n);
	r = console_routes(&n);
	http_routes_print(stdout, "console", r, n);
	return 0;
}

static int
serve(const char *path, bool check_only)
{
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	struct err err = { 0 };
	struct server_conf c;
	struct profile *profiles = NULL;
	int r = server_conf_load(a, path, &c, &err);
	if (r == 0 && check_only)
		r = run_profiles_load(a, &c, &profiles, &err);
	else if (r == 0)
		r = run_server(a, &c, &err);
	if (r == 0)
		return 0;
	log_fault("server.failed", (struct txn_id){ 0 }, &err);
	return r == FAULT_CONFIG ? EXIT_CONF : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return usage();
	for (const struct admin_command *c = admin_commands; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return serve(argv[2], false);
	if (argc == 3 && strcmp(argv[1], "-n") == 0)
		return serve(argv[2], true);
	if (argc == 2 && strcmp(argv[1], "routes") == 0)
		return routes_print();
	return usage();
}
