/* SPDX-License-Identifier: Apache-2.0 */
#include "center/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "center/admin_int.h"
#include "queries/center_admin.h"
#include "queries/center_migrations.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_CONF = 78 };

static int
admin_migrate(struct admin_run *x, struct err *err)
{
	unsigned ran = 0;
	int r = db_migrate(x->db, db_center_migrations, db_center_migrations_n, &ran, err);
	if (r == 0)
		(void)printf("migrations run: %u\n", ran);
	return err_fold(err, r, "migrate");
}

static int
admin_stop(struct admin_run *x, struct err *err)
{
	int r = db_ask(x->db, &q_admin_muni_stop, NULL, err, db_text_arg(x->argv[0]),
	    db_int_arg(clock_now_ms()));
	if (r == 0)
		(void)printf("stopped: %s\n", x->argv[0]);
	return err_fold(err, r, "stop-muni");
}

static bool
admin_is_name(const char *s)
{
	size_t n = strlen(s);
	return n >= 1 && n <= ADMIN_MAX_NAME && strchr(s, ',') == NULL && text_is_clean_utf8(s, n);
}

void
admin_by_two(const struct admin_run *x, char out[2 * ADMIN_MAX_NAME + 2])
{
	(void)snprintf(out, 2 * ADMIN_MAX_NAME + 2, "%s,%s", x->argv[2], x->argv[4]);
}

static int
admin_resume(struct admin_run *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	char by[2 * ADMIN_MAX_NAME + 2];
	admin_by_two(x, by);
	int r = db_ask(x->db, &q_admin_muni_resume, &done, err, db_text_arg(x->argv[0]),
	    db_int_arg(clock_now_ms()), db_text_arg(by));
	if (r)
		return err_fold(err, r, "resume-muni");
	bool lifted = db_n_touched(done) == 1;
	(void)printf(lifted ? "resumed: %s\n" : "was not stopped: %s\n", x->argv[0]);
	return 0;
}

static int
admin_cut(struct admin_run *x, struct err *err)
{
	int r = db_ask(x->db, &q_admin_kiosk_cut, NULL, err, db_text_arg(x->argv[0]),
	    db_int_arg(clock_now_ms()), db_text_arg(x->argv[2]));
	if (r == 0)
		(void)printf("cut off: %s\n", x->argv[0]);
	return err_fold(err, r, "cut-kiosk");
}

static int
admin_admit(struct admin_run *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	char by[2 * ADMIN_MAX_NAME + 2];
	admin_by_two(x, by);
	int r = db_ask(x->db, &q_admin_kiosk_admit, &done, err, db_text_arg(x->argv[0]),
	    db_int_arg(clock_now_ms()), db_text_arg(by));
	if (r)
		return err_fold(err, r, "admit-kiosk");
	(void)printf(
	    db_n_touched(done) == 1 ? "admitted: %s\n" : "was not cut off: %s\n", x->argv[0]);
	return 0;
}

static bool
is_by_one(int argc, char **argv)
{
	return argc == 3 && strcmp(argv[1], "--by") == 0 && admin_is_name(argv[2]);
}

/* WHAT --by A --by B, two different people. */
static bool
is_by_two(int argc, char **argv)
{
	return argc == 5 && strcmp(argv[1], "--by") == 0 && strcmp(argv[3], "--by") == 0 &&
	    admin_is_name(argv[2]) && admin_is_name(argv[4]) && strcmp(argv[2], argv[4]) != 0;
}

/* MUNI DIGEST --by A */
static bool
is_by_one_last(int argc, char **argv)
{
	return argc == 4 && strcmp(argv[2], "--by") == 0 && admin_is_name(argv[3]);
}

enum admin_what { ADMIN_NOTHING, ADMIN_MUNI, ADMIN_KIOSK };
static const struct admin_command {
	const char *name;
	int n_args;                        /* behind CONF */
	enum admin_what what;              /* the first of them */
	bool (*by)(int argc, char **argv); /* is it signed as it must be? */
	int (*run)(struct admin_run *x, struct err *err);
	const char *usage;
} commands[] = {
	{ "migrate", 0, ADMIN_NOTHING, NULL, admin_migrate, "kofu-center migrate CONF" },
	{ "stop-muni", 1, ADMIN_MUNI, NULL, admin_stop, "kofu-center stop-muni CONF MUNI" },
	{ "resume-muni", 5, ADMIN_MUNI, is_by_two, admin_resume,
	    "kofu-center resume-muni CONF MUNI --by NAME --by OTHER-NAME" },
	{ "cut-kiosk", 3, ADMIN_KIOSK, is_by_one, admin_cut,
	    "kofu-center cut-kiosk CONF KIOSK --by NAME" },
	{ "admit-kiosk", 5, ADMIN_KIOSK, is_by_two, admin_admit,
	    "kofu-center admit-kiosk CONF KIOSK --by NAME --by OTHER-NAME" },
	{ "list-node", 5, ADMIN_MUNI, is_by_two, admin_list_node,
	    "kofu-server announce SERVERCONF MUNI | kofu-center list-node CONF MUNI --by NAME --by "
	    "OTHER-NAME" },
	{ "unlist-node", 4, ADMIN_MUNI, is_by_one_last, admin_unlist_node,
	    "kofu-center unlist-node CONF MUNI DIGEST --by NAME" },
	{ "cut-node", 3, ADMIN_NOTHING, is_by_one, admin_cut_node,
	    "kofu-center cut-node CONF NODE --by NAME" },
	{ "admit-node", 5, ADMIN_NOTHING, is_by_two, admin_admit_node,
	    "kofu-center admit-node CONF NODE --by NAME --by OTHER-NAME" },
	{ "status", 0, ADMIN_NOTHING, NULL, admin_status, "kofu-center status CONF [--json]" },
};

static int
admin_run(const struct admin_command *c, int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(16u << 20);
	struct err err = { 0 };
	struct admin_run x = { .argc = argc - 2, .argv = argv + 2 };
	bool usage = argc - 2 != c->n_args && !(c->run == admin_status && admin_is_json(&x));
	if (!usage && c->by != NULL)
		usage = !c->by(x.argc, x.argv);
	if (usage) {
		(void)fprintf(stderr, "usage: %s\n", c->usage);
		return EXIT_USAGE;
	}
	if (center_conf_load(a, argv[1], &x.conf, &err) != 0)
		return EXIT_CONF;
	if ((c->what == ADMIN_MUNI && center_conf_muni(&x.conf, x.argv[0]) == NULL) ||
	    (c->what == ADMIN_KIOSK && center_conf_kiosk(&x.conf, x.argv[0]) == NULL)) {
		(void)fprintf(stderr, "kofu-center: %s is not in the configuration\n", x.argv[0]);
		return EXIT_REFUSED;
	}
	int r = db_open(x.conf.admin, &x.db, &err);
	if (r == 0 || c->run == admin_status) /* how it stands is asked when something is away */
		r = c->run(&x, &err);
	db_close(x.db);
	if (r == 0)
		return EXIT_DONE;
	if (r == ADMIN_E_REFUSED)
		return EXIT_REFUSED;
	log_fault("admin", (struct txn_id){ 0 }, &err);
	return EXIT_REFUSED;
}

int
admin_main(int argc, char **argv)
{
	for (size_t i = 0; i < N_ELEMENTS(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return admin_run(&commands[i], argc, argv);
	return -1;
}
