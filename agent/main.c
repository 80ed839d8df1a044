/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-agent - in the municipality: the register's changes to the server.
 *
 *   kofu-agent CONF                    streams until SIGTERM
 *   kofu-agent -n CONF                 checks the configuration
 *   kofu-agent medium create CONF DIR  the first load, on an encrypted medium
 *   kofu-agent reconcile CONF          compares register and replica now, mends what differs
 *   kofu-agent export CONF KEY         every resident's number and digest under a key (64 hex
 *                                      digits in a file); kofu-server export gives the replica's
 *   kofu-agent check CONF FILE...      tells every fault of CSV files
 *   kofu-agent header TABLE            a CSV file's header in the standard's names
 */
#include "agent/agent_conf.h"
#include "agent/check.h"
#include "agent/medium/medium.h"
#include "agent/reconcile/reconcile.h"
#include "agent/source/csv/csv.h"
#include "agent/source/pg/pg.h"
#include "agent/ops.h"
#include "agent/stream/stream.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/progress.h"
#include "pki/selftest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	EXIT_FAULT = 1,
	EXIT_USAGE = 2,
	EXIT_DIFFERS = 3,
	EXIT_CONF = 78,
	MAIN_ARENA_BYTES = 16 * 1024 * 1024,
	MAIN_KEEP_BYTES = 8 * 1024 * 1024
};

static volatile bool stop;

static void
on_signal(int number)
{
	(void)number;
	stop = true;
}

static int
usage(void)
{
	fputs("usage: kofu-agent [-n] CONF\n"
	      "       kofu-agent medium create CONF DIR\n"
	      "       kofu-agent reconcile CONF\n"
	      "       kofu-agent export CONF KEY\n"
	      "       kofu-agent check CONF FILE...\n"
	      "       kofu-agent header juminhyo|inkan|shomeisho|yokushi\n",
	    stderr);
	return EXIT_USAGE;
}

static int
faulted(int r, const char *what, const struct err *err)
{
	fprintf(stderr, "kofu-agent: %s: %s\n", what, err_fault_name(r));
	log_fault("agent.fault", (struct txn_id){ 0 }, err);
	return r == FAULT_CONFIG ? EXIT_CONF : EXIT_FAULT;
}

static int
open_register(void *app, const char *position, struct source *ret, struct err *err)
{
	const struct agent_conf *c = app;
	const struct csv_conf csv = { c->muni, c->folder, c->mapping };
	if (c->folder != NULL)
		return err_trace(err, csv_source_open(&csv, position, ret, err), "folder");
	const struct pg_conf pg = { c->register_conninfo, c->slot, c->publication };
	return err_trace(err, pg_source_open(&pg, position, ret, err), "register");
}

/*
 * A process of its own, so that a million residents' digests never weigh on
 * the stream: it ends with us, whatever we end by.
 */
static int
reconciler_start(const struct agent_conf *c, pid_t *ret, struct err *err)
{
	pid_t parent = getpid();
	if (c->reconcile_s == 0 || c->register_conninfo == NULL)
		return 0;
	pid_t pid = fork();
	if (pid < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "fork", errno);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
			reconcile_loop(c, &stop);
		_exit(0);
	}
	*ret = pid;
	return 0;
}

static void
reconciler_stop(pid_t pid)
{
	if (pid == 0)
		return;
	(void)kill(pid, SIGKILL); /* it keeps nothing */
	(void)waitpid(pid, NULL, 0);
}

static int
run_stream(struct agent_conf *c, bool check_only, struct err *err)
{
	AUTO(key) struct key *key = NULL;
	AUTO(http_client) struct http_client *server = NULL;
	const struct http_client_conf http = { .base_url = c->server,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.peer_role = "server" };
	int r = check_only ? 0 : selftest_start(err);
	if (r == 0)
		r = key_load(c->sync_key, &key, err);
	if (r == 0)
		r = http_client_new(&http, &server, err);
	if (r || check_only)
		return err_fold(err, r, "agent");
	pid_t reconciler = 0;
	r = reconciler_start(c, &reconciler, err);
	if (r)
		return err_trace(err, r, "reconciler");
	struct stream s = {
		.link = { .muni = c->muni, .server = server, .sync_key = key_as_signer(key) },
		.open = open_register,
		.app = c,
		.stop = &stop
	};
	struct ops *ops = NULL;
	const struct ops_conf figures = { .port = (uint16_t)c->ops_port,
		.app = &s,
		.look = agent_ops_look,
		.collect = agent_ops_collect };
	r = ops_start(&figures, &ops, err); /* threads: after the fork */
	if (r == 0) {
		LOG(LOG_LVL_NOTICE, "agent.start", LOG_F("muni", c->muni));
		notify_ready();
		stream_run(&s);
	}
	ops_stop(ops);
	reconciler_stop(reconciler);
	if (r)
		return err_trace(err, r, "ops");
	LOG(LOG_LVL_NOTICE, "agent.stop", LOG_F("muni", c->muni));
	return 0;
}

static int
main_medium(int argc, char **argv)
{
	struct agent_conf c;
	struct err err = { 0 };
	if (argc != 5 || strcmp(argv[2], "create") != 0)
		return usage();
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	int r = agent_conf_load(a, argv[3], &c, &err);
	if (r == 0)
		r = medium_create(&c, argv[4], &err);
	return r ? faulted(r, "medium create", &err) : 0;
}

/* Numbers only: who differed stands in no output. */
static int
main_reconcile(int argc, char **argv)
{
	struct agent_conf c;
	struct reconcile_sum s = { 0 };
	struct err err = { 0 };
	if (argc != 3)
		return usage();
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	int r = agent_conf_load(a, argv[2], &c, &err);
	if (r == 0)
		r = reconcile_run(&c, &stop, &s, &err);
	if (r)
		return faulted(r, "reconcile", &err);
	printf("here %llu, there %llu, looked at %llu, differed %llu, mended %llu, left %llu; "
	       "%u rounds, %lld ms, peak memory %u MB\n",
	    (unsigned long long)s.n_here, (unsigned long long)s.n_there,
	    (unsigned long long)s.n_seemed, (unsigned long long)s.n_differed,
	    (unsigned long long)s.n_mended, (unsigned long long)s.n_left, s.n_rounds,
	    (long long)s.ms, progress_peak_mb());
	return s.n_left > 0 ? EXIT_DIFFERS : 0;
}

static int
main_export(int argc, char **argv)
{
	struct agent_conf c;
	struct err err = { 0 };
	if (argc != 4)
		return usage();
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	int r = agent_conf_load(a, argv[2], &c, &err);
	if (r == 0)
		r = reconcile_export(&c, argv[3], &err);
	return r ? faulted(r, "export", &err) : 0;
}

static int
main_check(int argc, char **argv)
{
	struct agent_conf c;
	struct err err = { 0 };
	bool good = true;
	if (argc < 4)
		return usage();
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	int r = agent_conf_load(a, argv[2], &c, &err);
	if (r == 0 && c.mapping == NULL)
		r = err_raise(&err, FAULT_CONFIG, "no folder, no mapping", 0);
	for (int i = 3; r == 0 && i < argc; i++)
		r = check_file(&c, argv[i], &good, &err);
	if (r)
		return faulted(r, "check", &err);
	return good ? 0 : EXIT_FAULT;
}

int
main(int argc, char **argv)
{
	struct agent_conf c;
	struct err err = { 0 };
	if (argc > 1 && strcmp(argv[1], "medium") == 0)
		return main_medium(argc, argv);
	if (argc > 1 && strcmp(argv[1], "reconcile") == 0)
		return main_reconcile(argc, argv);
	if (argc > 1 && strcmp(argv[1], "export") == 0)
		return main_export(argc, argv);
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return main_check(argc, argv);
	if (argc == 3 && strcmp(argv[1], "header") == 0)
		return check_header(argv[2]) ? 0 : usage();
	bool check_only = argc == 3 && strcmp(argv[1], "-n") == 0;
	if (argc != 2 + check_only || argv[argc - 1][0] == '-')
		return usage();
	const struct sigaction act = { .sa_handler = on_signal };
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGINT, &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	mem_keep(MAIN_KEEP_BYTES); /* one batch is like the next */
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	int r = agent_conf_load(a, argv[argc - 1], &c, &err);
	if (r == 0)
		r = run_stream(&c, check_only, &err);
	return r ? faulted(r, "cannot start", &err) : 0;
}
