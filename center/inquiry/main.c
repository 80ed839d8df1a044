/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-inquiry - the bank's desk.
 *   kofu-inquiry init CONF                make the inquiry key in the token
 *   kofu-inquiry run CONF                 serve pages and API
 *   kofu-inquiry -n CONF                  check the configuration
 *   kofu-inquiry verify FILE... [--code CODE] [--json] [--opened] [--report FILE] [-c CONF]
 *                                         exit 0 match, 1 altered, 2 undecided; --opened: as
 *                                         --json, with what kofu-verify-offline checks
 *   kofu-inquiry key create NAME [--per-minute N] | list | revoke ID [-c CONF]
 *                                         the banks' API keys
 *   kofu-inquiry inquiry-key list | new | destroy KID [-c CONF]
 *                                         the keys that open papers, one a year
 * Without -c the configuration is $KOFU_INQUIRY_CONF, or /etc/kofu/inquiry.conf.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "center/inquiry/keycmd.h"
#include "center/inquiry/ownkeys.h"
#include "center/inquiry/site.h"
#include "pki/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

enum { MAIN_ARENA_BYTES = 512 * 1024 * 1024, VERIFY_WAIT_MS = 1000 };

static const char usage[] =
    "usage: kofu-inquiry init|run|-n CONF\n"
    "       kofu-inquiry verify FILE... [--code CODE] [--json] [--opened] [--report FILE]"
    " [-c CONF]\n"
    "       kofu-inquiry key create NAME [--per-minute N] | list | revoke ID [-c CONF]\n"
    "       kofu-inquiry inquiry-key list | new | destroy KID [-c CONF]\n";
static const char conf_path[] = "/etc/kofu/inquiry.conf";

struct verify_args {
	struct decoder_file files[DECODER_MAX_FILES];
	const char *codes[DECODER_MAX_FILES];
	unsigned n_files, n_codes;
	bool json, opened;
	const char *report;
};

static int
verify_parse(struct arena *a, int argc, char **argv, struct verify_args *v, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			v->json = true;
			continue;
		}
		if (strcmp(argv[i], "--opened") == 0) {
			v->json = v->opened = true;
			continue;
		}
		if (strcmp(argv[i], "--code") == 0 && i + 1 < argc &&
		    v->n_codes < DECODER_MAX_FILES) {
			v->codes[v->n_codes++] = argv[++i];
			continue;
		}
		if (strcmp(argv[i], "--report") == 0 && i + 1 < argc) {
			v->report = argv[++i];
			continue;
		}
		if (v->n_files == DECODER_MAX_FILES)
			return err_raise(err, FAULT_BAD_INPUT, "too many files", 0);
		uint8_t *p = NULL;
		size_t bytes = 0;
		int r = file_read(a, argv[i], LOAD_MAX_FILE_BYTES, &p, &bytes, err);
		if (r == FILE_E_NONE_FOUND)
			return err_raise(err, FAULT_BAD_INPUT, "no such file: argument", i);
		if (r)
			return err_trace(err, r, "verify");
		v->files[v->n_files++] = (struct decoder_file){ p, bytes };
	}
	if (v->n_files == 0)
		return err_raise(err, FAULT_BAD_INPUT, "no file", 0);
	return 0;
}

static void
print_text(const json_t *o)
{
	const json_t *papers = json_object_get(o, "papers");
	for (size_t i = 0; i < json_array_size(papers); i++) {
		const json_t *p = json_array_get(papers, i);
		const char *number = json_string_value(json_object_get(p, "number"));
		const json_t *standing = json_object_get(p, "standing");
		printf("%s  %s\n", json_string_value(json_object_get(p, "verdict_ja")),
		    json_string_value(json_object_get(p, "reason_ja")));
		if (number != NULL)
			printf("  %s  %lld/%lld  %s  asked before: %zu\n", number,
			    (long long)json_integer_value(json_object_get(p, "page")),
			    (long long)json_integer_value(json_object_get(p, "pages")),
			    json_string_value(json_object_get(standing, "state_ja")),
			    json_array_size(json_object_get(standing, "asked_before")));
	}
}

static int
verify(const struct inquiry_conf *c, struct arena *a, int argc, char **argv, struct err *err)
{
	struct verify_args v = { .n_files = 0 };
	struct desk *d = NULL;
	struct desk_answer answer = { .json = NULL };
	int r = verify_parse(a, argc, argv, &v, err);
	if (r)
		return err_trace(err, r, "verify");
	r = desk_open(c, &d, err);
	if (r)
		return err_trace(err, r, "verify");
	char id[DESK_ID_CHARS + 1];
	desk_new_id(id);
	const struct desk_ask q = { .files = v.files,
		.n_files = v.n_files,
		.codes = v.codes,
		.n_codes = v.n_codes,
		.report = v.report != NULL,
		.opened = v.opened,
		.id = id,
		.at_ms = clock_now_ms(),
		.wait_ms = VERIFY_WAIT_MS };
	r = desk_check(d, a, &q, &answer, err);
	desk_close(d);
	if (r > 0) {
		fprintf(stderr, "kofu-inquiry: no scan that can be read (%d)\n", r);
		return CHECK_UNDECIDED;
	}
	if (r)
		return err_trace(err, r, "verify");
	if (v.report != NULL &&
	    file_write_atomic(v.report, answer.report, answer.report_bytes, 0600, err)) {
		json_decref(answer.json);
		return err_trace(err, FAULT_UNAVAILABLE, "report");
	}
	(void)json_object_del(answer.json, "report_pdf");
	if (v.json)
		json_dumpf(answer.json, stdout, JSON_INDENT(2));
	else
		print_text(answer.json);
	if (v.json)
		printf("\n");
	json_decref(answer.json);
	return (int)answer.worst;
}

static int
run(const struct inquiry_conf *c, struct err *err)
{
	struct desk *d = NULL;
	int r = selftest_start(err);
	if (r == 0)
		r = desk_open(c, &d, err);
	if (r)
		return err_trace(err, r, "run");
	r = site_run(c, d, err);
	desk_close(d);
	return err_trace(err, r, "run");
}

/* Takes "-c CONF" out of the arguments. */
static const char *
take_conf(int *argc, char **argv)
{
	const char *path = getenv("KOFU_INQUIRY_CONF");
	int n = 0;
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < *argc)
			path = argv[++i];
		else
			argv[n++] = argv[i];
	}
	*argc = n;
	return path ? path : conf_path;
}

static int
command(const char *name, const char *path, int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	struct err err = { 0 };
	struct inquiry_conf c;
	const struct rlimit none = { 0, 0 };
	int r = 0;
	(void)setrlimit(RLIMIT_CORE, &none); /* a core file would hold papers */
	if (inquiry_conf_load(a, path, &c, &err)) {
		log_fault("inquiry.conf", (struct txn_id){ 0 }, &err);
		return EX_CONFIG;
	}
	if (strcmp(name, "init") == 0)
		r = ownkeys_init(&c, clock_now_ms(), &err);
	else if (strcmp(name, "run") == 0)
		r = run(&c, &err);
	else if (strcmp(name, "verify") == 0)
		r = verify(&c, a, argc, argv, &err);
	else if (strcmp(name, "key") == 0)
		r = keycmd_run(&c, argc, argv, &err);
	else if (strcmp(name, "inquiry-key") == 0)
		r = ownkeys_run(&c, clock_now_ms(), argc, argv, &err);
	if (r < 0) {
		log_fault("inquiry.command", (struct txn_id){ 0 }, &err);
		return EX_SOFTWARE;
	}
	if (r == KEYCMD_E_USAGE || r == OWNKEYS_E_USAGE) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (r == KEYCMD_E_UNKNOWN) {
		fputs("kofu-inquiry: no such key in force\n", stderr);
		return EX_DATAERR;
	}
	if (r == OWNKEYS_E_UNKNOWN || r == OWNKEYS_E_NEWEST || r == OWNKEYS_E_TOO_EARLY) {
		fputs(r == OWNKEYS_E_UNKNOWN ? "kofu-inquiry: no such key\n"
			: r == OWNKEYS_E_NEWEST
			? "kofu-inquiry: papers are being made for this key\n"
			: "kofu-inquiry: papers made for this key are still accepted\n",
		    stderr);
		return EX_DATAERR;
	}
	return r > 0 ? r - 1 : 0; /* enum check_verdict: match 0, altered 1, undecided 2 */
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	int n = argc - 2;
	if (strcmp(name, "verify") == 0 || strcmp(name, "key") == 0 ||
	    strcmp(name, "inquiry-key") == 0) {
		const char *path = take_conf(&n, argv + 2);
		return command(name, path, n, argv + 2);
	}
	if (argc == 3 &&
	    (strcmp(name, "init") == 0 || strcmp(name, "run") == 0 || strcmp(name, "-n") == 0))
		return command(name, argv[2], 0, NULL);
	fputs(usage, stderr);
	return EX_USAGE;
}
