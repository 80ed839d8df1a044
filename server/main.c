/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-server - the replica's site at the LGWAN-ASP.
 *   kofu-server run CONF     serve
 *   kofu-server -n CONF      check configuration and profiles
 *   and the operator's commands of server/admin/admin.h
 */
#include "server/admin/admin.h"
#include "server/run.h"
#include <stdio.h>
#include <string.h>

enum { MAIN_ARENA_BYTES = 64 * 1024 * 1024, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONF = 78 };

static int
usage(void)
{
	fprintf(stderr, "usage: kofu-server run CONF\n       kofu-server -n CONF\n");
	for (const struct admin_command *c = admin_commands; c->name != NULL; c++)
		fprintf(stderr, "       kofu-server %s\n", c->usage);
	return EXIT_USAGE;
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
	return usage();
}
