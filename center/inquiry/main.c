/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-inquiry - the bank's desk.
 *   kofu-inquiry init CONF                     make the inquiry key in the token
 *   kofu-inquiry run CONF                      serve pages and API
 *   kofu-inquiry verify CONF FILE... [--code CODE] [--json]
 *                                              exit 0 match, 1 altered, 2 undecided
 *   kofu-inquiry -n CONF                       check the configuration
 */
#include "base/file.h"
#include "base/log.h"
#include "center/inquiry/site.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { MAIN_ARENA_BYTES = 512 * 1024 * 1024 };

static const char usage[] = "usage: kofu-inquiry init|run|-n CONF\n"
			    "       kofu-inquiry verify CONF FILE... [--code CODE] [--json]\n";

struct verify_args {
	struct decoder_file files[DECODER_MAX_FILES];
	const char *codes[DECODER_MAX_FILES];
	unsigned n_files, n_codes;
	bool json;
};

static int
verify_parse(struct arena *a, int argc, char **argv, struct verify_args *v, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			v->json = true;
			continue;
		}
		if (strcmp(argv[i], "--code") == 0 && i + 1 < argc &&
		    v->n_codes < DECODER_MAX_FILES) {
			v->codes[v->n_codes++] = argv[++i];
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
	const struct desk_ask q = { v.files, v.n_files, v.codes, v.n_codes, false };
	r = desk_check(d, a, &q, &answer, err);
	desk_close(d);
	if (r > 0) {
		fprintf(stderr, "kofu-inquiry: no scan that can be read (%d)\n", r);
		return CHECK_UNDECIDED;
	}
	if (r)
		return err_trace(err, r, "verify");
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
	int r = desk_open(c, &d, err);
	if (r)
		return err_trace(err, r, "run");
	r = site_run(c, d, err);
	desk_close(d);
	return err_trace(err, r, "run");
}

int
main(int argc, char **argv)
{
	struct err err = { 0 };
	struct inquiry_conf c;
	int r = 0;
	if (argc < 3 || (argc > 3 && strcmp(argv[1], "verify") != 0)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	if (inquiry_conf_load(a, argv[2], &c, &err)) {
		log_fault("inquiry.conf", (struct txn_id){ 0 }, &err);
		return EX_CONFIG;
	}
	if (strcmp(argv[1], "init") == 0)
		r = desk_init_key(&c, &err);
	else if (strcmp(argv[1], "run") == 0)
		r = run(&c, &err);
	else if (strcmp(argv[1], "verify") == 0)
		r = verify(&c, a, argc - 3, argv + 3, &err);
	else if (strcmp(argv[1], "-n") != 0) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (r < 0) {
		log_fault("inquiry.command", (struct txn_id){ 0 }, &err);
		return EX_SOFTWARE;
	}
	return r > 0 ? r - 1 : 0; /* enum check_verdict: match 0, altered 1, undecided 2 */
}
