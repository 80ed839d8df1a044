/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-verify-offline - checks an opened record (center/offline/opened.h) with the
 * municipalities' key directories (domain/keydir.h), each signed by its root, which
 * is given first. Needs no network, no token, no database.
 *   kofu-verify-offline --root FILE --keys FILE [...] [--front OUT.pbm] RECORD
 * Exit status: 0 right, 1 not what the municipality signed, 2 no key of the
 * signer given, 3 signed by a revoked key, 65 no opened record, 66 a file cannot
 * be read, 64 usage.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "center/offline/opened.h"
#include "domain/muni.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum {
	MAX_KEYS_FILES = 64,
	ARENA_BYTES = 64 * 1024 * 1024,
	EXIT_WRONG = 1,
	EXIT_NO_KEY = 2,
	EXIT_REVOKED = 3
};

static const char usage[] =
    "usage: kofu-verify-offline --root FILE --keys FILE [--root FILE --keys FILE ...] "
    "[--front OUT.pbm] RECORD\n";

struct args {
	const char *keys[MAX_KEYS_FILES];
	const char *roots[MAX_KEYS_FILES];
	unsigned n_keys, n_roots;
	const char *front, *record;
};

static bool
args_parse(int argc, char **argv, struct args *ret)
{
	struct args a = { .n_keys = 0 };
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;
		if (strcmp(argv[i], "--keys") == 0 && more && a.n_keys < MAX_KEYS_FILES)
			a.keys[a.n_keys++] = argv[++i];
		else if (strcmp(argv[i], "--root") == 0 && more && a.n_roots < MAX_KEYS_FILES)
			a.roots[a.n_roots++] = argv[++i];
		else if (strcmp(argv[i], "--front") == 0 && more && a.front == NULL)
			a.front = argv[++i];
		else if (argv[i][0] != '-' && a.record == NULL)
			a.record = argv[i];
		else
			return false;
	}
	*ret = a;
	return a.n_keys > 0 && a.n_roots > 0 && a.record != NULL;
}

/* The roots of the municipality that a directory says it is of. */
static int
roots_find(const struct args *x, struct muni_code muni, struct keydir_roots *ret, struct err *err)
{
	*ret = (struct keydir_roots){ .n = 0 };
	for (unsigned i = 0; i < x->n_roots; i++) {
		struct muni_code said;
		struct keydir_roots of;
		int r = keydir_roots_read(x->roots[i], &said, &of, err);
		if (r)
			return err_trace(err, r, "root");
		for (unsigned j = 0; muni_equal(said, muni) && j < of.n; j++)
			if (!keydir_roots_add(ret, &of.point[j]))
				return err_raise(err, FAULT_CONFIG,
				    "more than two roots of that municipality", (long)i);
	}
	return ret->n > 0 ? 0 : err_raise(err, FAULT_CONFIG, "no root of that municipality", 0);
}

static int
keys_read(struct arena *a, const struct args *x, const char *path, struct opened_signer *out,
    unsigned *n, struct err *err)
{
	struct keydir_roots roots;
	const struct key_point *root = NULL;
	struct keydir_text text;
	struct keydir d;
	const char *jws = NULL;
	int r = keydir_read(a, path, &text, err);
	if (r == 0)
		r = roots_find(x, text.muni, &roots, err);
	if (r == 0)
		r = keydir_choose(&text, &roots, &root, &jws, err);
	if (r == 0)
		r = keydir_parse(root, text.muni, jws, strlen(jws), &d, err);
	for (unsigned i = 0; r == 0 && i < d.n; i++)
		out[(*n)++] = (struct opened_signer){ d.muni, d.key[i] };
	return err_trace(err, r, "keys");
}

static int
front_write(struct arena *a, const char *path, const struct bilevel *page, struct err *err)
{
	const char *head = arena_printf(a, "P4\n%u %u\n", page->w_px, page->h_px);
	size_t head_bytes = strlen(head), bytes = page->stride_bytes * page->h_px;
	uint8_t *p = arena_zero(a, head_bytes + bytes);
	memcpy(p, head, head_bytes);
	memcpy(p + head_bytes, page->p, bytes);
	return err_trace(err, file_write_atomic(path, p, head_bytes + bytes, 0600, err), "front");
}

static void
print_opened(const struct opened *o)
{
	char at[26], kid[2 * KEY_ID_BYTES + 1];
	text_hex_format(o->header.signer.b, KEY_ID_BYTES, kid);
	clock_format_rfc3339(o->header.issued_at_ms, at);
	printf("right: signed by %s (key %s), %s\n", o->header.muni.s, kid, at);
	printf("%s  page %u of %u\n", o->record.issue_number, o->record.page, o->record.pages);
	for (size_t i = 0; i < o->record.n_fields; i++)
		printf("%s\t%s\n", o->record.fields[i].key, o->record.fields[i].value);
}

static int
fault_exit(const char *what, const struct err *err)
{
	fprintf(stderr, "kofu-verify-offline: %s%s%s\n", what, err->depth ? ": " : "",
	    err->depth ? err->trail[0].what : "");
	return strcmp(what, "no opened record") == 0 ? EX_DATAERR : EX_NOINPUT;
}

static int
run(struct arena *a, const struct args *x)
{
	struct opened_signer *signers =
	    arena_zero_n(a, (size_t)MAX_KEYS_FILES * KEYDIR_MAX_KEYS, sizeof(*signers));
	struct err err = { 0 };
	struct opened o;
	uint8_t *text = NULL;
	size_t bytes = 0;
	unsigned n = 0;
	for (unsigned i = 0; i < x->n_keys; i++)
		if (keys_read(a, x, x->keys[i], signers, &n, &err))
			return fault_exit("no file of public keys", &err);
	if (file_read(a, x->record, OPENED_MAX_BYTES, &text, &bytes, &err))
		return fault_exit("the record cannot be read", &err);
	int r = opened_check(a, text, bytes, signers, n, &o, &err);
	if (r < 0)
		return fault_exit("no opened record", &err);
	if (r == OPENED_E_KEY) {
		puts("undecided: no key of the signer was given");
		return EXIT_NO_KEY;
	}
	if (r == OPENED_E_REVOKED) {
		puts("refused: the municipality revoked the key that signed it");
		return EXIT_REVOKED;
	}
	if (r == OPENED_E_NOT_THEN) {
		puts("wrong: its key was not in use when it says that it was issued");
		return EXIT_WRONG;
	}
	if (r > 0) {
		puts(r == OPENED_E_FORGED ? "wrong: the signature does not hold"
					  : "wrong: what is written is not what is signed");
		return EXIT_WRONG;
	}
	if (x->front != NULL && front_write(a, x->front, &o.page, &err))
		return fault_exit("the front cannot be written", &err);
	print_opened(&o);
	return 0;
}

int
main(int argc, char **argv)
{
	struct args x;
	if (!args_parse(argc, argv, &x)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	return run(a, &x);
}
