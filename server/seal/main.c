/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-seal - holds the municipalities' keys and nothing else does.
 *   kofu-seal init CONF            make the token's keys, write the public ones
 *   kofu-seal new-key CONF MUNI    a fresh data key, wrapped, in hex
 *   kofu-seal rotate CONF MUNI     the next wrapping key; then kofu-server key rotate
 *   kofu-seal -n CONF              check the configuration
 *   kofu-seal run CONF             serve; prints "ready" when every worker is
 */
#include "server/seal/keys.h"
#include "server/seal/pool.h"
#include <stdio.h>
#include <string.h>

enum { CONF_ARENA_BYTES = 64 * 1024 * 1024, EXIT_USAGE = 2, EXIT_CONF = 78 };

static int
command_run(const char *name, const struct seal_conf *c, const char *muni, struct err *err)
{
	if (strcmp(name, "init") == 0)
		return keys_init(c, err);
	if (strcmp(name, "new-key") == 0)
		return keys_new_data_key(c, muni, err);
	if (strcmp(name, "rotate") == 0)
		return keys_rotate(c, muni, err);
	if (strcmp(name, "run") == 0)
		return pool_run(c, err);
	return 0; /* -n: it was read, and that was it */
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int argc;
	} commands[] = { { "init", 3 }, { "new-key", 4 }, { "rotate", 4 }, { "-n", 3 },
		{ "run", 3 } };
	struct err err = { 0 };
	struct seal_conf c;
	size_t i = 0;
	while (i < N_ELEMENTS(commands) &&
	    (argc != commands[i].argc || strcmp(argv[1], commands[i].name) != 0))
		i++;
	if (i == N_ELEMENTS(commands)) {
		fprintf(stderr,
		    "usage: kofu-seal init|run|-n CONF | kofu-seal new-key|rotate CONF MUNI\n");
		return EXIT_USAGE;
	}
	AUTO(arena) struct arena *a = arena_new(CONF_ARENA_BYTES);
	if (seal_conf_load(a, argv[2], &c, &err)) {
		log_fault("seal.conf", (struct txn_id){ 0 }, &err);
		return EXIT_CONF;
	}
	int r = command_run(argv[1], &c, argc > 3 ? argv[3] : NULL, &err);
	if (r)
		log_fault("seal.command", (struct txn_id){ 0 }, &err);
	return r == 0 ? 0 : 1;
}
