/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"
#include "domain/muni.h"
#include "queries/asp_admin.h"
#include "server/admin/admin.h"
#include "server/admin/admin_int.h"
#include "server/admin/block.h"
#include "server/admin/medium.h"
#include "server/admin/provision.h"
#include "server/admin/tenant_db.h"
#include "server/console/serve.h"
#include "server/server_conf.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	COMMAND_ARENA_BYTES = 4 * 1024 * 1024,
	COMMAND_LINE_MAX_BYTES = 256,
};

int
admin_usage(const char *text)
{
	fprintf(stderr, "usage: kofu-server %s\n", text);
	return EXIT_USAGE;
}

int
admin_failed(int r, const char *what, const struct err *err)
{
	fprintf(stderr, "kofu-server: %s: %s\n", what, err_fault_name(r));
	log_fault("admin.fault", (struct txn_id){ 0 }, err);
	return r == FAULT_CONFIG ? EXIT_CONF : EXIT_FAULT;
}

int
admin_refused(const char *what, const char *why)
{
	fprintf(stderr, "kofu-server: %s: %s\n", what, why);
	return EXIT_FAULT;
}

/* The first line of stdin without its end. */
static bool
read_stdin(char *line, size_t room)
{
	if (fgets(line, (int)room, stdin) == NULL)
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return line[0] != '\0';
}

struct admin_place {
	struct admin_conf conf;
	const struct admin_muni_conf *section;
	struct muni_code muni;
};

static int
place_load(struct arena *a, char **argv, struct admin_place *ret, struct err *err)
{
	int r = admin_conf_load(a, argv[1], &ret->conf, err);
	if (r == 0)
		r = admin_conf_muni(&ret->conf, argv[2], &ret->section, &ret->muni, err);
	return err_trace(err, r, "configuration");
}

/* --- provision, migrate --- */

#define USAGE_PROVISION "provision CONF MUNI   (stdin: kofu-seal new-key's line)"
#define USAGE_MIGRATE "migrate CONF MUNI"

static int
provision_run(char **argv, const uint8_t *wrapped)
{
	struct admin_place at;
	struct err err = { 0 };
	unsigned ran = 0;
	AUTO(arena) struct arena *a = arena_new(COMMAND_ARENA_BYTES);
	int r = place_load(a, argv, &at, &err);
	if (r == 0)
		r = provision(&at.conf, at.muni, wrapped, &ran, &err);
	if (r < 0)
		return admin_failed(r, argv[0], &err);
	printf("%s: %u migrations ran\n", at.muni.s, ran);
	if (r == PROVISION_E_EXISTS)
		return admin_refused(argv[0], "it has a data key already; that one stays");
	if (wrapped != NULL)
		printf("%s: provisioned; roles kofu_%s_front and kofu_%s_sync\n", at.muni.s,
		    at.muni.s, at.muni.s);
	return 0;
}

static int
command_provision(int argc, char **argv)
{
	char line[COMMAND_LINE_MAX_BYTES];
	uint8_t wrapped[PROVISION_WRAPPED_BYTES];
	if (argc != 3)
		return admin_usage(USAGE_PROVISION);
	if (!read_stdin(line, sizeof(line)) ||
	    !text_hex_parse(line, strlen(line), wrapped, sizeof(wrapped)))
		return admin_refused(argv[0], "stdin has no wrapped data key");
	return provision_run(argv, wrapped);
}

static int
command_migrate(int argc, char **argv)
{
	return argc == 3 ? provision_run(argv, NULL) : admin_usage(USAGE_MIGRATE);
}

/* --- medium import --- */

#define USAGE_MEDIUM "medium import CONF MUNI DIR"

static int
agent_key_load(const char *path, struct key_point *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(65536);
	uint8_t *pem = NULL;
	size_t bytes = 0;
	if (path == NULL)
		return err_raise(err, FAULT_CONFIG, "no sync_key", 0);
	int r = file_read(a, path, 16384, &pem, &bytes, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "sync_key", 0);
	return err_trace(err, key_point_load(pem, bytes, ret, err), "sync_key");
}

static int
import_into(const struct admin_place *at, const char *dir, const struct medium_list *list,
    struct medium_done *done, struct err *err)
{
	struct db *db = NULL;
	struct vault vault;
	const struct medium_keys keys = { at->conf.medium_cert, at->conf.medium_key };
	int r = tenant_db_open(&at->conf, at->muni, &db, err);
	if (r == 0)
		r = tenant_vault_open(db, at->conf.seal_socket, at->muni, &vault, err);
	if (r == 0) {
		r = medium_load(db, &vault, dir, list, &keys, done, err);
		vault_done(&vault);
	}
	db_close(db);
	return err_trace(err, r, "import");
}

static void
import_report(const char *dir, const struct medium_list *list, const struct medium_done *done)
{
	printf(
	    "%s: %llu persons, %llu records, %u parked; epoch %lld, the stream goes on from %s\n",
	    list->muni.s, (unsigned long long)done->n_persons, (unsigned long long)done->n_records,
	    done->n_parked, (long long)list->epoch, list->source);
	printf("%lld.%lld s, %llu records/s, peak memory %u MB\n", (long long)done->ms / 1000,
	    (long long)done->ms / 100 % 10,
	    (unsigned long long)done->n_records * 1000 / (unsigned long long)(done->ms + 1),
	    progress_peak_mb());
	printf("destroy now, with a record of it:\n  %s/list.jws\n", dir);
	for (size_t i = 0; i < json_array_size(list->parts); i++) {
		const json_t *part = json_array_get(list->parts, i);
		printf("  %s/%s sha256 %s\n", dir, json_string_value(json_object_get(part, "name")),
		    json_string_value(json_object_get(part, "sha256")));
	}
	printf("and the medium itself.\n");
}

static int
import_run(char **argv)
{
	struct admin_place at;
	struct err err = { 0 };
	struct key_point agent;
	struct medium_list list = { 0 };
	struct medium_done done = { 0 };
	AUTO(arena) struct arena *a = arena_new(COMMAND_ARENA_BYTES);
	int r = place_load(a, argv, &at, &err);
	if (r == 0 && (at.conf.medium_cert == NULL || at.conf.medium_key == NULL))
		r = err_raise(&err, FAULT_CONFIG, "no medium certificate", 0);
	if (r == 0)
		r = agent_key_load(at.section->sync_key, &agent, &err);
	if (r == 0)
		r = medium_verify(argv[3], at.muni, &agent, &list, &err);
	if (r == 0) {
		printf("verified: %zu parts\n", json_array_size(list.parts));
		r = import_into(&at, argv[3], &list, &done, &err);
	}
	if (r == 0)
		import_report(argv[3], &list, &done);
	medium_list_done(&list);
	if (r == MEDIUM_E_OLD)
		return admin_refused(
		    "medium import", "this load or a later one was imported before");
	if (r == MEDIUM_E_UNREADABLE)
		return admin_refused(
		    "medium import", "a record on it cannot be read and may be negative");
	return r ? admin_failed(r, "medium import", &err) : 0;
}

static int
command_medium(int argc, char **argv)
{
	if (argc != 5 || strcmp(argv[1], "import") != 0)
		return admin_usage(USAGE_MEDIUM);
	return import_run(argv + 1);
}

/* --- block: by the applying role, with the serving configuration --- */

#define USAGE_BLOCK                                                                                \
	"block CONF MUNI --atena-no N|- | --setai-no N|- --kinds all|juminhyo|inkan|kisai "        \
	"[--off]\n"                                                                                \
	"       (-: the number is read from stdin)"

int
admin_sync_open(struct arena *a, char **argv, struct db **ret, const char **ret_socket,
    struct muni_code *ret_muni, struct err *err)
{
	struct server_conf c;
	int r = server_conf_load(a, argv[1], &c, err);
	if (r)
		return err_trace(err, r, "configuration");
	const struct server_muni_conf *m = server_conf_muni(&c, argv[2]);
	if (m == NULL || !muni_parse(m->code, strlen(m->code), ret_muni))
		return err_raise(err, FAULT_CONFIG, "no such municipality", 0);
	*ret_socket = c.seal_socket;
	return err_fold(err, db_open(m->sync, ret, err), "database");
}

static int
block_commit(char **argv, const struct block_order *o, struct err *err)
{
	struct db *db = NULL;
	struct vault vault;
	struct muni_code muni;
	const char *socket = NULL;
	AUTO(arena) struct arena *a = arena_new(COMMAND_ARENA_BYTES);
	int r = admin_sync_open(a, argv, &db, &socket, &muni, err);
	if (r == 0)
		r = tenant_vault_open(db, socket, muni, &vault, err);
	if (r == 0) {
		r = block_set(db, &vault, o, err);
		vault_done(&vault);
	}
	db_close(db);
	return err_trace(err, r, "block");
}

static bool
block_options(int argc, char **argv, struct block_order *o, char *line, size_t room)
{
	static const struct option longs[] = {
		{ "atena-no", required_argument, NULL, 'a' },
		{ "setai-no", required_argument, NULL, 's' },
		{ "kinds", required_argument, NULL, 'k' },
		{ "off", no_argument, NULL, 'o' },
		{ 0 },
	};
	*o = (struct block_order){ .active = true, .now_ms = clock_now_ms() };
	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'a')
			o->atena_no = optarg;
		else if (c == 's')
			o->setai_no = optarg;
		else if (c == 'k' && strcmp(optarg, "all") == 0)
			o->kinds = 1u << DOC_JUMINHYO | 1u << DOC_INKAN | 1u << DOC_KISAI;
		else if (c == 'k' && doc_kind_find(optarg) != 0)
			o->kinds = 1u << doc_kind_find(optarg);
		else if (c == 'o')
			o->active = false;
		else
			return false;
	}
	const char **no = o->atena_no ? &o->atena_no : &o->setai_no;
	if (optind != argc || o->kinds == 0 || (o->atena_no != NULL) == (o->setai_no != NULL))
		return false;
	if (strcmp(*no, "-") == 0)
		*no = read_stdin(line, room) ? line : "";
	return (*no)[0] != '\0';
}

static int
command_block(int argc, char **argv)
{
	char line[COMMAND_LINE_MAX_BYTES];
	struct block_order o;
	struct err err = { 0 };
	if (argc < 3 || !block_options(argc - 2, argv + 2, &o, line, sizeof(line)))
		return admin_usage(USAGE_BLOCK);
	int r = block_commit(argv, &o, &err);
	if (r == BLOCK_E_UNKNOWN)
		return admin_refused(
		    "block", "nobody of that number is in the replica; NOT in force");
	if (r)
		return admin_failed(r, "block, NOT in force", &err);
	printf("%s\n", o.active ? "in force" : "lifted");
	return 0;
}

const struct admin_command admin_commands[] = {
	{ "provision", USAGE_PROVISION, command_provision },
	{ "migrate", USAGE_MIGRATE, command_migrate },
	{ "medium", USAGE_MEDIUM, command_medium },
	{ "block", USAGE_BLOCK, command_block },
	{ "resume", ADMIN_USAGE_RESUME, admin_command_resume },
	{ "gaiji", ADMIN_USAGE_GAIJI, admin_command_gaiji },
	{ "check-printable", ADMIN_USAGE_PRINTABLE, admin_command_printable },
	{ "export", ADMIN_USAGE_EXPORT, admin_command_export },
	{ "key", ADMIN_USAGE_KEY, admin_command_key },
	{ "restored", ADMIN_USAGE_RESTORED, admin_command_restored },
	{ "announce", ADMIN_USAGE_ANNOUNCE, admin_command_announce },
	{ "audit", ADMIN_USAGE_AUDIT, admin_command_audit },
	{ "console", CONSOLE_USAGE, console_command },
	{ "staff", CONSOLE_USAGE_STAFF, console_command_staff },
	{ NULL, NULL, NULL },
};
