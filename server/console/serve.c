/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/serve.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/notify.h"
#include "domain/muni.h"
#include "queries/asp_console.h"
#include "server/admin/admin_int.h"
#include "server/admin/tenant_db.h"
#include "server/console/survey.h"
#include "server/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { SERVE_ARENA_BYTES = 64 * 1024 * 1024, SERVE_LINE_BYTES = 512, EXIT_EXISTS = 1 };
static const char csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/* Profile, key and database of the one municipality. @c->conf is loaded. */
static int
console_find(struct console *c, const char *code, struct arena *a, struct err *err)
{
	struct profile *profiles = NULL;
	c->section = server_conf_muni(c->conf, code);
	if (c->section == NULL || !muni_parse(code, strlen(code), &c->muni))
		return err_raise(err, FAULT_CONFIG, "no such municipality", 0);
	if (c->section->console == NULL)
		return err_raise(err, FAULT_CONFIG, "no console of that municipality", 0);
	int r = run_profiles_load(a, c->conf, &profiles, err);
	if (r == 0)
		c->profile = &profiles[c->section - c->conf->munis];
	return err_trace(err, r, "console");
}

static int
key_open(struct console *c, struct err *err)
{
	struct db *db = NULL;
	ring_init(&c->ring, c->muni, c->conf->seal_socket, &c->vault);
	int r = db_open(c->section->console, &db, err);
	if (r == 0)
		r = ring_look(&c->ring, db, clock_now_ms(), err);
	db_close(db);
	return err_fold(err, r, "key");
}

static int
listener_open(struct console *c, struct arena *a, struct http_server **ret, struct err *err)
{
	size_t n = 0;
	const struct http_route *routes = console_routes(&n);
	const struct http_server_conf h = {
		.address = c->conf->console_address,
		.port = (uint16_t)c->section->console_port,
		.cert_path = c->conf->cert,
		.key_path = c->conf->key,
		.ca_path = c->conf->ca,
		.want_client_cert = true,
		.threads = CONSOLE_THREADS,
		.csp = csp,
		.host_check = c->section->console_host != NULL
		    ? c->section->console_host
		    : arena_printf(
			  a, "%s:%d", c->conf->console_address, (int)c->section->console_port),
	};
	if (c->section->console_port == 0)
		return err_raise(err, FAULT_CONFIG, "no console_port", 0);
	return err_fold(err, http_server_start(&h, routes, n, c, ret, err), "listener");
}

static int
wait_for_end(struct console *c, const sigset_t *signals, struct err *err)
{
	for (;;) {
		int got = sigwaitinfo(signals, NULL);
		if (got == SIGTERM || got == SIGINT)
			return 0;
		if (waitpid(c->warm.pid, NULL, WNOHANG) == c->warm.pid) {
			c->warm.pid = 0;
			return err_raise(err, FAULT_UNAVAILABLE, "the render template died", 0);
		}
	}
}

static int
serve_open(struct console *c, struct arena *a, struct http_server **http, struct err *err)
{
	/* Before any thread. */
	int r =
	    warm_start(&(struct warm_conf){ c->conf->fonts, c->profile, 1, false }, &c->warm, err);
	if (r == 0)
		r = key_open(c, err);
	if (r == 0)
		r = db_pool_open(c->section->console, CONSOLE_THREADS, &c->db, err);
	if (r == 0)
		r = survey_open(c, err);
	if (r == 0)
		r = listener_open(c, a, http, err);
	return err_fold(err, r, "start");
}

static int
serve(struct console *c, struct arena *a, struct err *err)
{
	struct http_server *http = NULL;
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_raise(err, FAULT_INTERNAL, "signals", errno);
	int r = serve_open(c, a, &http, err);
	if (r == 0) {
		printf("ready port=%u\n", http_server_port(http));
		(void)fflush(stdout);
		notify_ready();
		r = wait_for_end(c, &signals, err);
	}
	http_server_stop(http);
	survey_close(c);
	if (c->db != NULL)
		db_pool_close(c->db);
	ring_done(&c->ring);
	warm_stop(&c->warm);
	return err_trace(err, r, "console");
}

/* For whoever checks what each role may do: the very table the server goes by. */
static int
routes_print(void)
{
	printf("[");
	for (const struct console_route *t = console_table; t->path != NULL; t++) {
		const char *right = t->right == RIGHT_NONE        ? "none"
		    : (t->right & (RIGHT_SESSION | RIGHT_LOCKED)) ? "session"
								  : console_right_name(t->right);
		printf("%s\n{\"method\":\"%s\",\"path\":\"%s\",\"right\":\"%s\",\"roles\":[",
		    t == console_table ? "" : ",", t->method, t->path, right);
		const char *comma = "";
		for (const struct console_role *r = console_roles; r->name != NULL; r++)
			if ((r->rights & t->right) != 0) {
				printf("%s\"%s\"", comma, r->name);
				comma = ",";
			}
		printf("]}");
	}
	printf("\n]\n");
	return 0;
}

int
console_command(int argc, char **argv)
{
	struct server_conf conf;
	struct console c = { .conf = &conf };
	struct err err = { 0 };
	if (argc == 2 && strcmp(argv[1], "routes") == 0)
		return routes_print();
	if (argc != 3)
		return admin_usage(CONSOLE_USAGE);
	AUTO(arena) struct arena *a = arena_new(SERVE_ARENA_BYTES);
	int r = server_conf_load(a, argv[1], &conf, &err);
	if (r == 0)
		r = console_find(&c, argv[2], a, &err);
	if (r == 0)
		r = serve(&c, a, &err);
	return r ? admin_failed(r, argv[0], &err) : 0;
}

/* --- staff add --- */

static int
first_note(struct db *db, const struct console *c, const char *user, int64_t now_ms,
    struct arena *a, struct err *err)
{
	const struct audit_event e = { .source = AUDIT_OPERATOR,
		.kind = AUDIT_WRITE,
		.at_ms = now_ms,
		.actor = "kofu-server",
		.action = "staff.first",
		.detail = arena_printf(a, "{\"user\":\"%s\"}", user) };
	return audit_add(db, &c->vault, &e, err);
}

/* Only while nobody in office gives rights: the operator makes the first, the city the others. */
static int
first_add(struct db *db, const struct console *c, const struct staff_new *s, int64_t until_ms,
    struct arena *a, uint8_t secret[TOTP_SECRET_BYTES], struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(
	    db, &q_console_right_any, &rows, err, db_text_arg("kanri"), db_int_arg(s->now_ms));
	if (r == 0 && db_bool(rows, 0, 0))
		return CONSOLE_E_EXISTS;
	if (r == 0)
		r = staff_add(db, &c->vault, s, secret, err);
	if (r == 0)
		r = staff_grant(db, s->user, "kanri", s->now_ms, until_ms, "kofu-server", err);
	if (r == 0)
		r = first_note(db, c, s->user, s->now_ms, a, err);
	return r;
}

static int
first_run(struct console *c, const struct staff_new *s, int64_t until_ms, struct arena *a,
    const char **ret_url, struct err *err)
{
	uint8_t secret[TOTP_SECRET_BYTES];
	struct db *db = NULL;
	int r = key_open(c, err);
	if (r == 0)
		r = db_open(c->section->console, &db, err);
	if (r == 0)
		r = db_begin(db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = first_add(db, c, s, until_ms, a, secret, err);
	if (r == 0)
		r = db_commit(db, err);
	if (r == 0)
		*ret_url = staff_otp_url(a, c->muni.s, s->user, secret);
	db_close(db);
	mem_wipe(secret, sizeof(secret));
	ring_done(&c->ring);
	return r;
}

static bool
password_read(char *line, size_t room)
{
	if (fgets(line, (int)room, stdin) == NULL)
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

int
console_command_staff(int argc, char **argv)
{
	struct server_conf conf;
	struct console c = { .conf = &conf };
	struct err err = { 0 };
	char password[SERVE_LINE_BYTES];
	const char *url = NULL;
	int64_t until_ms = 0;
	if (argc != 7 || strcmp(argv[1], "add") != 0 || !password_read(password, sizeof(password)))
		return admin_usage(CONSOLE_USAGE_STAFF);
	AUTO(arena) struct arena *a = arena_new(SERVE_ARENA_BYTES);
	const struct staff_new s = {
		.user = argv[4], .name = argv[5], .password = password, .now_ms = clock_now_ms()
	};
	int r = server_conf_load(a, argv[2], &conf, &err);
	if (r == 0)
		r = console_find(&c, argv[3], a, &err);
	if (r == 0)
		r = ask_day(argv[6], &until_ms, &err);
	if (r == 0)
		r = first_run(&c, &s, until_ms, a, &url, &err);
	mem_wipe(password, sizeof(password));
	if (r == CONSOLE_E_EXISTS)
		return admin_refused("staff add", "somebody gives rights already: ask them");
	if (r == STAFF_E_EXISTS)
		return admin_refused("staff add", "that user id is taken");
	if (r == STAFF_E_WEAK)
		return admin_refused(
		    "staff add", "the password has fewer than 12 characters or is too simple");
	if (r == STAFF_E_NO_ROLE)
		return admin_refused(
		    "staff add", "the last day is past or more than 400 days away");
	if (r)
		return admin_failed(err_fold(&err, r, "staff"), argv[0], &err);
	printf("%s\n", url);
	return 0;
}
