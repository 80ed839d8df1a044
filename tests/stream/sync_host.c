/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync_host - the stream's end alone, for tests: the real routes over the real
 * TLS, without the rest of kofu-server and with a data key on the command line.
 *
 *   sync_host serve  MUNI CONNINFO DEK-HEX SYNC-PUB CERT KEY CA PORT-FILE PORT
 *   sync_host import MUNI CONNINFO DEK-HEX SYNC-PUB CERT KEY DIR
 *   sync_host dump     MUNI CONNINFO DEK-HEX      residents and seals in the replica, opened
 *   sync_host dump-all MUNI CONNINFO DEK-HEX      ... and cards and blocks; stdin: the register's
 *                                               numbers, one a line, to call them by
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/cert.h"
#include "queries/test_stream.h"
#include "server/admin/medium.h"
#include "server/sync/sync.h"
#include "tests/world/tool/tool.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST_ARENA_BYTES = 16 * 1024 * 1024, DUMP_PAGE = 500 };

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void
fatal(const char *what, const struct err *err)
{
	log_fault("sync_host", (struct txn_id){ 0 }, err);
	tool_die("%s", what);
}

struct place {
	struct muni_code muni;
	const char *conninfo;
	uint8_t dek[32];
	struct key_point agent;
};

static struct place
place_of(char **argv)
{
	struct place p = { .conninfo = argv[3] };
	if (!muni_parse(argv[2], strlen(argv[2]), &p.muni) ||
	    !text_hex_parse(argv[4], strlen(argv[4]), p.dek, sizeof(p.dek)))
		tool_die("arguments");
	return p;
}

static void
agent_key(struct arena *a, struct place *p, const char *path)
{
	struct err err = { 0 };
	size_t bytes = 0;
	uint8_t *pem = tool_read(a, path, &bytes);
	if (key_point_load(pem, bytes, &p->agent, &err))
		fatal("sync key", &err);
}

static void
serve(char **argv)
{
	struct err err = { 0 };
	struct sync *sync = NULL;
	struct http_server *http = NULL;
	size_t n = 0;
	AUTO(arena) struct arena *a = arena_new(HOST_ARENA_BYTES);
	struct place p = place_of(argv);
	agent_key(a, &p, argv[5]);
	const struct sync_tenant tenant = { p.muni, p.conninfo, p.agent, p.dek };
	const struct sync_conf conf = { &tenant, 1, NULL };
	const struct http_server_conf hc = { .port =
						 (uint16_t)tool_number(argv[10], 0, 65535, "port"),
		.cert_path = argv[6],
		.key_path = argv[7],
		.ca_path = argv[8],
		.want_client_cert = true };
	if (sync_start(&conf, &sync, &err))
		fatal("sync", &err);
	const struct http_route *routes = sync_routes(&n);
	if (http_server_start(&hc, routes, n, sync, &http, &err))
		fatal("http", &err);
	const char *port = arena_printf(a, "%u\n", http_server_port(http));
	if (file_write_atomic(argv[9], port, strlen(port), 0600, &err))
		fatal("port file", &err);
	while (!stop)
		(void)usleep(50000);
	http_server_stop(http);
	sync_stop(sync);
}

static void
import(char **argv)
{
	struct err err = { 0 };
	struct db *db = NULL;
	struct vault vault;
	struct medium_list list;
	struct medium_done done = { 0 };
	AUTO(arena) struct arena *a = arena_new(HOST_ARENA_BYTES);
	struct place p = place_of(argv);
	agent_key(a, &p, argv[5]);
	vault_init(&vault, p.muni, p.dek);
	if (medium_verify(argv[8], p.muni, &p.agent, &list, &err))
		fatal("not verified", &err);
	if (db_open(p.conninfo, &db, &err))
		fatal("database", &err);
	int r = medium_load(
	    db, &vault, argv[8], &list, &(struct medium_keys){ argv[6], argv[7] }, &done, &err);
	if (r)
		fatal(r == MEDIUM_E_OLD ? "old" : "not loaded", &err);
	printf("persons %llu parked %u, %llu records, %lld.%lld s, %llu/s, peak memory %u MB\n",
	    (unsigned long long)done.n_persons, done.n_parked, (unsigned long long)done.n_records,
	    (long long)done.ms / 1000, (long long)done.ms / 100 % 10,
	    (unsigned long long)done.n_records * 1000 / (unsigned long long)(done.ms + 1),
	    progress_peak_mb());
	medium_list_done(&list);
	vault_done(&vault);
	db_close(db);
}

/* --- the replica as text, for comparison with the register's own --- */

static void
cell(const char *s)
{
	printf("|%s", s ? s : "");
}

/* Whose keyed hash is whose: to say the register's numbers of cards and blocks. */
struct name {
	uint8_t hash[16];
	char number[16];
};
static struct name *names;
static size_t n_names;

static void
name_add(const uint8_t hash[16], const char *number)
{
	names = mem_grow(names, n_names * sizeof(*names), (n_names + 1) * sizeof(*names));
	memcpy(names[n_names].hash, hash, 16);
	(void)snprintf(names[n_names++].number, sizeof(names->number), "%s", number);
}

/* The register's numbers of persons and households, one a line. */
static void
names_read(const struct vault *v)
{
	char line[64];
	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct person_ref ref;
		uint8_t household[16];
		line[strcspn(line, "\n")] = '\0';
		vault_person_ref(v, line, &ref);
		name_add(ref.b, line);
		vault_household(v, line, household);
		name_add(household, line);
	}
}

static const char *
name_of(const uint8_t *hash)
{
	for (size_t i = 0; i < n_names; i++)
		if (memcmp(names[i].hash, hash, 16) == 0)
			return names[i].number;
	return "?";
}

static void
dump_resident(struct arena *a, const struct db_rows *rows, size_t i, const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct resident r;
	if (resident_decode(a, p, bytes, &r, &err))
		fatal("row", &err);
	if ((int64_t)r.rireki_no != db_int(rows, i, 1) || (int64_t)r.state != db_int(rows, i, 2))
		tool_die("a row and its columns differ");
	printf("R|%s|%u|%d|%d|%u", r.atena_no, r.rireki_no, (int)r.state, (int)r.class_, r.narabi);
	for (unsigned k = 2; k <= RESIDENT_ITEM_MAX; k++)
		cell(r.item[k - 1]);
	putchar('\n');
}

static void
dump_seal(struct arena *a, const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct seal_row s;
	if (seal_row_decode(a, p, bytes, &s, &err))
		fatal("seal", &err);
	printf("S|%s|%u|%d|%s|%s|%u|%u|", s.atena_no, s.rireki_no, (int)s.state, s.touroku_no,
	    s.touroku_on, s.width_px, s.height_px);
	for (size_t k = 0; k < seal_bits_bytes(&s); k++)
		printf("%02x", s.bits[k]);
	putchar('\n');
}

static void
dump_hex(const uint8_t *p, size_t bytes)
{
	putchar('|');
	for (size_t k = 0; k < bytes; k++)
		printf("%02x", p[k]);
}

static void
dump_card(const struct db_rows *rows, size_t i, const uint8_t *p, size_t bytes)
{
	size_t n = 0;
	printf("C|%s|%s|%s", name_of(db_bytes(rows, i, 0, &n)), db_text(rows, i, 1),
	    db_text(rows, i, 2));
	dump_hex(p, CERT_KEY_HASH_BYTES);
	dump_hex(p + CERT_KEY_HASH_BYTES, bytes - CERT_KEY_HASH_BYTES);
	putchar('\n');
}

static void
dump_blocks(struct db *db)
{
	struct err err = { 0 };
	AUTO(db_rows) struct db_rows *rows = NULL;
	if (db_ask0(db, &q_stream_blocks, &rows, &err))
		fatal("blocks", &err);
	for (size_t i = 0; i < db_n(rows); i++) {
		size_t n = 0;
		printf("B|%s|%s|%s|%s\n", name_of(db_bytes(rows, i, 0, &n)), db_text(rows, i, 1),
		    db_text(rows, i, 2), db_text(rows, i, 3));
	}
}

static void
dump_table(struct db *db, const struct vault *v, const struct db_query *q, enum vault_kind kind)
{
	struct person_ref after = { 0 };
	for (;;) {
		struct err err = { 0 };
		AUTO(db_rows) struct db_rows *rows = NULL;
		AUTO(arena) struct arena *a = arena_new(256 * 1024 * 1024);
		if (db_ask(db, q, &rows, &err, db_bytes_arg(after.b, sizeof(after.b)),
			db_int_arg(DUMP_PAGE)))
			fatal("rows", &err);
		for (size_t i = 0; i < db_n(rows); i++) {
			uint8_t *plain = NULL;
			size_t bytes = 0;
			memcpy(after.b, db_bytes(rows, i, 0, &bytes), sizeof(after.b));
			const uint8_t *sealed = db_bytes(rows, i, 3, &bytes);
			if (vault_row_open(v, a, kind, &after, (uint32_t)db_int(rows, i, 1), sealed,
				bytes, &plain, &bytes, &err))
				fatal("open", &err);
			if (kind == VAULT_RESIDENT)
				dump_resident(a, rows, i, plain, bytes);
			else if (kind == VAULT_SEAL)
				dump_seal(a, plain, bytes);
			else
				dump_card(rows, i, plain, bytes);
		}
		if (db_n(rows) == 0)
			return;
	}
}

static void
dump(char **argv)
{
	struct err err = { 0 };
	struct db *db = NULL;
	struct vault v;
	struct place p = place_of(argv);
	vault_init(&v, p.muni, p.dek);
	if (db_open(p.conninfo, &db, &err))
		fatal("database", &err);
	dump_table(db, &v, &q_stream_residents, VAULT_RESIDENT);
	dump_table(db, &v, &q_stream_seals, VAULT_SEAL);
	if (strcmp(argv[1], "dump-all") == 0) {
		names_read(&v);
		dump_table(db, &v, &q_stream_cards, VAULT_CARD);
		dump_blocks(db);
	}
	mem_free(names);
	vault_done(&v);
	db_close(db);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int argc;
		void (*run)(char **argv);
	} commands[] = { { "serve", 11, serve }, { "import", 9, import }, { "dump", 5, dump },
		{ "dump-all", 5, dump } };
	const struct sigaction act = { .sa_handler = on_signal };
	(void)sigaction(SIGTERM, &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
		if (argc == commands[i].argc && strcmp(argv[1], commands[i].name) == 0) {
			commands[i].run(argv);
			return 0;
		}
	}
	tool_usage("usage: sync_host serve|import|dump|dump-all ...\n");
}
