/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-seal - holds the municipalities' keys and nothing else does.
 *   kofu-seal init CONF            make the token's keys, write the public ones
 *   kofu-seal new-key CONF MUNI    a fresh data key, wrapped, in hex
 *   kofu-seal rotate CONF MUNI     the next wrapping key; then kofu-server key rotate
 *   kofu-seal generation new|list CONF MUNI, generation use|retire|revoke CONF MUNI N
 *                                  the generations of a signing key
 *   kofu-seal root new|list CONF MUNI, root use CONF MUNI N [now]
 *                                  what signs the directory of those
 *   kofu-seal -n CONF              check the configuration
 *   kofu-seal run CONF             serve; prints "ready" when every worker is
 */
#include "base/clock.h"
#include "server/seal/generation.h"
#include "server/seal/keys.h"
#include "server/seal/pool.h"
#include "server/seal/root.h"
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

static const char usage[] =
    "usage: kofu-seal init|run|-n CONF | kofu-seal new-key|rotate CONF MUNI\n"
    "       kofu-seal generation new|list CONF MUNI\n"
    "       kofu-seal generation use|retire|revoke CONF MUNI N\n"
    "       kofu-seal root new|list CONF MUNI | kofu-seal root use CONF MUNI N [now]\n";

/* The commands that change what verifiers believe. */
static const struct command_keys {
	const char *name;
	int (*run)(const struct seal_conf *, int64_t, int, char **, struct err *);
	const char *(*refusal)(int);
	int usage;
} keys_commands[] = {
	{ "generation", generation_run, generation_refusal, GENERATION_E_USAGE },
	{ "root", root_run, root_refusal, ROOT_E_USAGE },
};

static int
command_keys(struct arena *a, const struct command_keys *k, int argc, char **argv)
{
	struct seal_conf c;
	struct err err = { 0 };
	if (argc < 5) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (seal_conf_load(a, argv[3], &c, &err)) {
		log_fault("seal.conf", (struct txn_id){ 0 }, &err);
		return EXIT_CONF;
	}
	int r = k->run(&c, clock_now_ms(), argc - 2, argv + 2, &err);
	if (r == k->usage)
		fputs(usage, stderr);
	else if (r > 0)
		fprintf(stderr, "kofu-seal: %s %s: %s\n", k->name, argv[2], k->refusal(r));
	else if (r < 0)
		log_fault("seal.command", (struct txn_id){ 0 }, &err);
	if (r == k->usage)
		return EXIT_USAGE;
	return r == 0 ? 0 : 1;
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
	AUTO(arena) struct arena *a = arena_new(CONF_ARENA_BYTES);
	for (size_t k = 0; argc > 1 && k < N_ELEMENTS(keys_commands); k++)
		if (strcmp(argv[1], keys_commands[k].name) == 0)
			return command_keys(a, &keys_commands[k], argc, argv);
	while (i < N_ELEMENTS(commands) &&
	    (argc != commands[i].argc || strcmp(argv[1], commands[i].name) != 0))
		i++;
	if (i == N_ELEMENTS(commands)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (seal_conf_load(a, argv[2], &c, &err)) {
		log_fault("seal.conf", (struct txn_id){ 0 }, &err);
		return EXIT_CONF;
	}
	int r = command_run(argv[1], &c, argc > 3 ? argv[3] : NULL, &err);
	if (r)
		log_fault("seal.command", (struct txn_id){ 0 }, &err);
	return r == 0 ? 0 : 1;
}
