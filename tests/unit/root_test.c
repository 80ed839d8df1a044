/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What signs a key directory is replaced: whom a verifier believes, before, while there are two
 * and after; and the commands on a real token (SoftHSM in a temporary folder).
 */
#include "tests/unit/keydir_help.h"
#include "tests/unit/pki_help.h"

#include "base/clock.h"
#include "server/seal/change.h"
#include "server/seal/seal.h"
#include "server/seal/signers.h"

#include <fcntl.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
enum { ARENA_BYTES = 64 << 20, OVERLAP_S = 1000 };
static const struct muni_code muni = { "991015" };

static struct arena *a;
static struct key *one, *two, *three, *stranger, *signing;
static struct seal_conf conf;
static struct seal_muni_conf muni_conf;

static int
up(void **state)
{
	(void)state;
	a = arena_new(ARENA_BYTES);
	tmp_init();
	one = key_generate();
	two = key_generate();
	three = key_generate();
	stranger = key_generate();
	signing = key_generate();
	return 0;
}

static int
down(void **state)
{
	(void)state;
	key_free(one);
	key_free(two);
	key_free(three);
	key_free(stranger);
	key_free(signing);
	tmp_done();
	arena_free(a);
	return 0;
}

/* --- whom a verifier believes --- */

static const char *
roots_text(const struct key *const *k, unsigned n)
{
	const char *list = "";
	for (unsigned i = 0; i < n; i++) {
		struct key_point p = keydir_help_point(k[i]);
		struct key_id id;
		char kid[17];
		key_id_of(&p, &id);
		text_hex_format(id.b, 8, kid);
		list = arena_printf(a, "%s%s{\"kid\":\"%s\",\"point\":\"%s\"}", list, i ? "," : "",
		    kid, text_b64url_format(a, p.b, sizeof(p.b)));
	}
	return arena_printf(a, "{\"muni\":\"991015\",\"roots\":[%s]}", list);
}

static void
one_root_or_two_are_believed_and_never_three(void **state)
{
	const struct key *const all[] = { one, two, three }, *const twice[] = { one, one };
	const char *both = roots_text(all, 2);
	struct key_point p = keydir_help_point(one);
	const char *point = text_b64url_format(a, p.b, sizeof(p.b));
	char *at_limit = arena_zero(a, KEYDIR_ROOT_MAX_BYTES + 2);
	memset(at_limit, ' ', KEYDIR_ROOT_MAX_BYTES + 1);
	memcpy(at_limit, both, strlen(both));
	const struct {
		const char *text;
		size_t bytes;
		int want;
	} t[] = {
		{ roots_text(all, 1), 0, 0 },
		{ both, 0, 0 },
		{ roots_text(all, 3), 0, FAULT_BAD_INPUT },
		{ roots_text(all, 0), 0, FAULT_BAD_INPUT },
		{ roots_text(twice, 2), 0, FAULT_BAD_INPUT },
		{ at_limit, KEYDIR_ROOT_MAX_BYTES, 0 },
		{ at_limit, KEYDIR_ROOT_MAX_BYTES + 1, FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"muni\":\"991015\",\"point\":\"%s\"}", point), 0,
		    FAULT_BAD_INPUT },
		{ arena_printf(a,
		      "{\"muni\":\"991015\",\"kid\":\"0011223344556677\",\"point\":\"%s\"}", point),
		    0, FAULT_BAD_INPUT },
		{ "{\"muni\":\"991015\",\"roots\":[{}]}", 0, FAULT_BAD_INPUT },
		{ "{\"muni\":\"991015\",\"roots\":{}}", 0, FAULT_BAD_INPUT },
		{ arena_printf(a, "%.*s,\"point\":\"%s\"}", (int)strlen(both) - 1, both, point), 0,
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"muni\":\"991016\"%s", both + strlen("{\"muni\":\"991015\"")),
		    0, FAULT_BAD_INPUT }, /* 検査数字 */
		{ "", 0, FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct keydir_roots r = { .n = 9 };
		struct muni_code said;
		size_t bytes = t[i].bytes != 0 ? t[i].bytes : strlen(t[i].text);
		if (keydir_roots_parse(t[i].text, bytes, &said, &r, NULL) != t[i].want)
			fail_msg("%zu: %s", i, t[i].text);
		assert_true(t[i].want == 0 ? r.n == 1 || r.n == 2 : r.n == 9);
	}
}

/* <code>.json by those of them that are not NULL, of that number. */
static void
directory_put(int64_t seq, const struct key *older, const struct key *newer)
{
	struct keydir d = keydir_help_of("991015", signing);
	struct key_signer by[2];
	struct err err = { 0 };
	struct buf b;
	d.seq = seq;
	by[0] = key_as_signer((struct key *)(uintptr_t)older);
	if (newer != NULL)
		by[1] = key_as_signer((struct key *)(uintptr_t)newer);
	buf_init(&b, KEYDIR_FILE_MAX_BYTES);
	assert_int_equal(keydir_format(&d, by, newer != NULL ? 2 : 1, &b, &err), 0);
	tmp_write(a, "991015.json", b.p, b.bytes);
	buf_done(&b);
}

static void
roots_put(const struct key *older, const struct key *newer)
{
	const struct key *const k[] = { older, newer };
	const char *text = roots_text(k, newer != NULL ? 2 : 1);
	tmp_write(a, "991015.root.json", text, strlen(text));
}

/* What a verifier that starts now says of what lies there. */
static int
starts(void)
{
	struct keydir_file f;
	struct err err = { 0 };
	return keydir_file_open_by(
	    &f, tmp_path(a, "991015.json"), tmp_path(a, "991015.root.json"), muni, &err);
}

static void
either_root_is_enough_while_there_are_two_and_the_old_one_is_none_afterwards(void **state)
{
	const struct {
		const struct key *signs, *signs_too, *believed, *believed_too;
		int want;
	} t[] = {
		{ one, NULL, one, NULL, 0 },
		{ one, NULL, one, two, 0 }, /* not signed anew yet */
		{ one, two, one, NULL, 0 }, /* a verifier that nobody told of the second */
		{ one, two, one, two, 0 },
		{ one, two, two, NULL, 0 }, /* one from which the first is taken out already */
		{ two, NULL, one, two, 0 },
		{ two, NULL, two, NULL, 0 },
		{ two, NULL, one, NULL, FAULT_CONFIG },
		{ one, NULL, two, NULL, FAULT_CONFIG }, /* taken out: what it signs is nothing */
		{ one, two, stranger, NULL, FAULT_CONFIG },
		{ one, two, stranger, three, FAULT_CONFIG },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		directory_put(5, t[i].signs, t[i].signs_too);
		roots_put(t[i].believed, t[i].believed_too);
		if (starts() != t[i].want)
			fail_msg("%zu", i);
	}
	/* Who names a root has not signed by it. */
	AUTO(arena) struct arena *work = arena_new(1 << 20);
	struct keydir_text text;
	struct err err = { 0 };
	directory_put(5, one, NULL);
	assert_int_equal(keydir_read(work, tmp_path(work, "991015.json"), &text, &err), 0);
	char *jws = arena_strdup(work, text.jws[0]);
	size_t last = strlen(jws) - 10;
	jws[last] = jws[last] == 'A' ? 'B' : 'A';
	const char *forged = arena_printf(work, "{\"muni\":\"991015\",\"directory\":\"%s\"}", jws);
	tmp_write(work, "991015.json", forged, strlen(forged));
	roots_put(one, two);
	assert_int_equal(starts(), FAULT_CONFIG);
}

static void
a_verifier_that_serves_follows_the_roots_it_was_given(void **state)
{
	struct keydir_file f;
	struct err err = { 0 };
	(void)state;
	directory_put(5, one, NULL);
	roots_put(one, NULL);
	assert_int_equal(keydir_file_open_by(&f, tmp_path(a, "991015.json"),
			     tmp_path(a, "991015.root.json"), muni, &err),
	    0);
	assert_int_equal(keydir_file_look(&f, &err), 0);
	directory_put(6, one, two);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	assert_int_equal(f.roots.n, 1);
	roots_put(one, two);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_ROOTS);
	assert_int_equal(f.roots.n, 2);
	assert_int_equal(keydir_file_look(&f, &err), 0);
	directory_put(7, two, NULL);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	roots_put(two, NULL);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_ROOTS);
	/* The first signs a later one, or an older one comes back: neither is one. */
	directory_put(8, one, NULL);
	assert_int_equal(keydir_file_look(&f, &err), FAULT_INTEGRITY);
	assert_string_equal(err.trail[0].what, "by no root that is believed");
	directory_put(6, one, two);
	assert_int_equal(keydir_file_look(&f, &err), FAULT_INTEGRITY);
	assert_string_equal(err.trail[0].what, "older than the one in force");
	assert_int_equal(f.dir.seq, 7);
	directory_put(7, two, NULL);
	assert_int_equal(keydir_file_look(&f, &err), 0);
	assert_int_equal(f.roots.n, 1);
}

/* Who can put a file there is not believed for it: that takes a start. */
static void
roots_that_nobody_vouched_for_are_none_while_it_serves(void **state)
{
	struct keydir_file f;
	struct err err = { 0 };
	(void)state;
	directory_put(5, one, NULL);
	roots_put(one, NULL);
	assert_int_equal(keydir_file_open_by(&f, tmp_path(a, "991015.json"),
			     tmp_path(a, "991015.root.json"), muni, &err),
	    0);
	directory_put(6, stranger, NULL);
	roots_put(stranger, NULL);
	assert_int_equal(keydir_file_look(&f, &err), FAULT_INTEGRITY);
	assert_string_equal(err.trail[0].what, "none of these roots was believed before");
	assert_int_equal(keydir_file_look(&f, &err), 0); /* told once */
	roots_put(two, NULL);
	directory_put(6, two, NULL);
	assert_int_equal(keydir_file_look(&f, &err), FAULT_INTEGRITY);
	tmp_write(a, "991015.root.json", "{}", 2);
	assert_int_equal(keydir_file_look(&f, &err), FAULT_CONFIG);
	assert_int_equal(f.dir.seq, 5);
	/* Taken out before what lies there is signed by another: both stay as they were. */
	roots_put(one, two);
	directory_put(6, one, NULL);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	roots_put(two, NULL);
	assert_int_equal(keydir_file_look(&f, &err), FAULT_INTEGRITY);
	assert_int_equal(f.roots.n, 2);
	directory_put(7, two, NULL);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	assert_int_equal(f.roots.n, 1);
}

/* --- what decides --- */

static void
there_are_two_roots_at_once_and_sixteen_ever(void **state)
{
	static const struct {
		struct root_set s;
		unsigned want;
		int refusal;
	} t[] = {
		{ { .n = 0 }, 1, 0 },
		{ { 1, { 1 } }, 2, 0 },
		{ { 2, { 1, 2 } }, 0, ROOT_E_TWO },
		{ { 1, { ROOT_MAX_NUMBER - 1 } }, ROOT_MAX_NUMBER, 0 },
		{ { 1, { ROOT_MAX_NUMBER } }, 0, ROOT_E_FULL },
		{ { 2, { 2, ROOT_MAX_NUMBER } }, 0, ROOT_E_TWO },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int refusal = -1;
		assert_int_equal(root_next(&t[i].s, &refusal), t[i].want);
		assert_int_equal(refusal, t[i].refusal);
		assert_true(refusal == 0 || root_refusal(refusal) != NULL);
	}
}

static void
the_next_root_is_used_when_verifiers_can_have_it(void **state)
{
	static const struct {
		struct root_set s;
		unsigned number;
		int64_t age_ms;
		int want;
	} t[] = {
		{ { 2, { 1, 2 } }, 2, 60000, 0 },
		{ { 2, { 1, 2 } }, 2, 59999, ROOT_E_EARLY },
		{ { 2, { 1, 2 } }, 2, -1, ROOT_E_EARLY }, /* a clock that was set back */
		{ { 2, { 1, 2 } }, 1, 0, 0 },             /* the second was made in vain */
		{ { 2, { 1, 2 } }, 3, 60000, ROOT_E_UNKNOWN },
		{ { 1, { 2 } }, 1, 60000, ROOT_E_UNKNOWN },
		{ { 1, { 2 } }, 2, 60000, ROOT_E_ALONE },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int r = root_may_use(&t[i].s, t[i].number, t[i].age_ms, 60000);
		if (r != t[i].want)
			fail_msg("%zu: %d", i, r);
		assert_true(r == 0 || root_refusal(r) != NULL);
	}
}

/* --- the commands --- */

static int
token_up(void **state)
{
	(void)state;
	if (access(MODULE, R_OK) != 0)
		return 0;
	const char *text = arena_printf(a,
	    "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
	    tmp_folder);
	tmp_write(a, "softhsm2.conf", text, strlen(text));
	assert_int_equal(setenv("SOFTHSM2_CONF", tmp_path(a, "softhsm2.conf"), 1), 0);
	tmp_write(a, "pin", "4649-pin\n", 9);
	assert_int_equal(
	    tmp_run(a,
		"rm -rf tokens keys && mkdir tokens keys && softhsm2-util --init-token "
		"--free --label kofu-test --so-pin so-pin-1 --pin 4649-pin"),
	    0);
	muni_conf = (struct seal_muni_conf){ .code = "991015", .parsed = { .muni = muni } };
	conf = (struct seal_conf){ .keys_dir = tmp_path(a, "keys"),
		.overlap_s = OVERLAP_S,
		.token = { MODULE, "kofu-test", tmp_path(a, "pin") },
		.munis = &muni_conf,
		.n_munis = 1 };
	return 0;
}

/* "root" or "generation" with these words; the lists that they print are not TAP. */
static int
command(int (*run)(const struct seal_conf *, int64_t, int, char **, struct err *), int64_t later_s,
    const char *what, const char *number, const char *more)
{
	char *argv[] = { arena_strdup(a, what), NULL, arena_strdup(a, "991015"),
		arena_strdup(a, number != NULL ? number : ""),
		arena_strdup(a, more != NULL ? more : "") };
	struct err err = { 0 };
	(void)fflush(stdout);
	int out = dup(1), none = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(out >= 0 && none >= 0 && dup2(none, 1) == 1);
	log_fd = none;
	int argc = number == NULL ? 3 : more == NULL ? 4 : 5;
	int r = run(&conf, clock_now_ms() + later_s * 1000, argc, argv, &err);
	(void)fflush(stdout);
	assert_true(dup2(out, 1) == 1);
	log_fd = 2;
	close(out);
	close(none);
	return r;
}

/* A worker's view: its session of the token has seen what was there before. */
struct view {
	struct token *t;
	struct signers *s;
};

/* The directory's number as kofu-seal tells it, by a root that is believed. 0: it cannot. */
static int64_t
told(struct view *v)
{
	struct err err = { 0 };
	struct key_point root;
	struct keydir *d = arena_zero(a, sizeof(*d));
	const char *jws = NULL;
	log_fd = -1;
	int r = signers_tell(&v->s, v->t, &conf, muni, a, &root, &jws, &err);
	log_fd = 2;
	if (r == 0)
		r = keydir_parse(&root, muni, jws, strlen(jws), d, &err);
	return r == 0 ? d->seq : 0;
}

static void
the_root_is_replaced_beside_what_serves(void **state)
{
	struct view v = { 0 };
	struct keydir *made = arena_zero(a, sizeof(*made));
	struct keydir_file f;
	struct key_signer by;
	struct key_point first, p;
	struct err err = { 0 };
	const char *path = tmp_path(a, "keys/991015.json");
	const char *root_json = tmp_path(a, "keys/991015.root.json");
	size_t bytes = 0;
	(void)state;
	if (access(MODULE, R_OK) != 0)
		skip();
	assert_int_equal(command(root_run, 0, "list", NULL, NULL), FAULT_CONFIG); /* no init */
	assert_int_equal(token_open(&conf.token, &v.t, &err), 0);
	assert_int_equal(generation_init(&conf, v.t, muni, clock_now_ms(), made, &err), 0);
	assert_int_equal(token_public(v.t, "root-991015", &first, &err), 0);
	assert_int_equal(told(&v), 1);
	assert_int_equal(keydir_file_open_by(&f, path, root_json, muni, &err), 0);

	assert_int_equal(command(root_run, 0, "use", "1", NULL), ROOT_E_ALONE);
	assert_int_equal(command(root_run, 0, "use", "2", NULL), ROOT_E_UNKNOWN);
	assert_int_equal(command(root_run, 0, "use", "0", NULL), ROOT_E_UNKNOWN);
	assert_int_equal(command(root_run, 0, "use", "1", "soon"), ROOT_E_USAGE);
	assert_int_equal(command(root_run, 0, "new", "1", NULL), ROOT_E_USAGE);
	assert_int_equal(command(root_run, 0, "retire", NULL, NULL), ROOT_E_USAGE);
	assert_int_equal(command(root_run, 0, "list", NULL, NULL), 0);
	assert_int_equal(told(&v), 1);

	assert_int_equal(command(root_run, 0, "new", NULL, NULL), 0);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	assert_int_equal(f.roots.n, 2);
	assert_int_equal(told(&v), 2);
	const uint8_t *both = tmp_read(a, "keys/991015.json", &bytes);
	size_t both_bytes = bytes;
	assert_int_equal(command(root_run, 0, "new", NULL, NULL), ROOT_E_TWO);
	assert_int_equal(command(root_run, 0, "use", "2", NULL), ROOT_E_EARLY);
	/* A change of the signing keys is signed by both meanwhile. */
	assert_int_equal(command(generation_run, 0, "new", NULL, NULL), 0);
	assert_int_equal(told(&v), 3);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	assert_int_equal(
	    keydir_file_open(&f, path, muni, &(struct keydir_roots){ 1, { first } }, &err), 0);
	assert_int_equal(keydir_file_open_by(&f, path, root_json, muni, &err), 0);

	assert_int_equal(command(root_run, OVERLAP_S + 1, "use", "2", NULL), 0);
	assert_int_equal(token_public(v.t, "root-991015", &p, &err), TOKEN_E_NO_KEY);
	assert_int_equal(token_public(v.t, "root-991015-2", &p, &err), 0);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	assert_true(f.roots.n == 1 && keydir_roots_have(&f.roots, &p));
	assert_int_equal(told(&v), 4);
	assert_int_equal(signers_take(&v.s, v.t, &conf, muni, NULL, 0, &by, &err), 0);
	assert_memory_equal(&by.point, &made->key[0].point, sizeof(by.point)); /* as before */
	assert_int_equal(
	    keydir_file_open(&f, path, muni, &(struct keydir_roots){ 1, { first } }, &err),
	    FAULT_CONFIG);
	/* What is there goes on; what was there before is nothing, here and there. */
	assert_int_equal(command(generation_run, 2 * OVERLAP_S, "use", "2", NULL), 0);
	assert_int_equal(told(&v), 5);
	tmp_write(a, "keys/991015.json", both, both_bytes);
	assert_int_equal(keydir_file_open_by(&f, path, root_json, muni, &err), 0); /* by 2, too */
	log_fd = -1;
	assert_int_equal(signers_take(&v.s, v.t, &conf, muni, NULL, 0, &by, &err), 0);
	log_fd = 2;
	assert_memory_not_equal(&by.point, &made->key[0].point, sizeof(by.point));
	signers_free(v.s);
	token_close(v.t);
}

/* Killed between two of a command's steps, played by hand. */
static void
a_replacement_that_was_cut_short_goes_on(void **state)
{
	struct token *t = NULL;
	struct keydir *made = arena_zero(a, sizeof(*made));
	struct keydir_file f;
	struct key_point p, left;
	struct err err = { 0 };
	const char *path = tmp_path(a, "keys/991015.json");
	const char *root_json = tmp_path(a, "keys/991015.root.json");
	(void)state;
	if (access(MODULE, R_OK) != 0)
		skip();
	assert_int_equal(token_open(&conf.token, &t, &err), 0);
	assert_int_equal(generation_init(&conf, t, muni, clock_now_ms(), made, &err), 0);
	/* The key was made, and nothing written. */
	assert_int_equal(token_key_generate(t, "root-991015-2", TOKEN_SIGN, &p, &err), 0);
	assert_int_equal(command(root_run, 0, "new", NULL, NULL), 0);
	assert_int_equal(token_public(t, "root-991015-2", &left, &err), 0);
	assert_memory_equal(&left, &p, sizeof(p));
	assert_int_equal(keydir_file_open_by(&f, path, root_json, muni, &err), 0);
	assert_int_equal(f.roots.n, 2);
	/* All was written, and the first not destroyed: no second wait. */
	assert_int_equal(command(root_run, 0, "use", "2", NULL), ROOT_E_EARLY);
	assert_int_equal(command(root_run, 0, "use", "2", "now"), 0);
	assert_int_equal(token_key_generate(t, "root-991015", TOKEN_SIGN, &left, &err), 0);
	assert_int_equal(command(root_run, 0, "use", "2", NULL), 0);
	assert_int_equal(token_public(t, "root-991015", &left, &err), TOKEN_E_NO_KEY);
	/* One that was made in vain leaves no trace. */
	assert_int_equal(command(root_run, 0, "new", NULL, NULL), 0);
	assert_int_equal(command(root_run, 0, "use", "2", NULL), 0);
	assert_int_equal(token_public(t, "root-991015-3", &left, &err), TOKEN_E_NO_KEY);
	assert_int_equal(keydir_file_open_by(&f, path, root_json, muni, &err), 0);
	assert_true(f.roots.n == 1 && keydir_roots_have(&f.roots, &p));
	/* More of them than any command makes are nobody's to choose from. */
	assert_int_equal(token_key_generate(t, "root-991015-3", TOKEN_SIGN, &left, &err), 0);
	assert_int_equal(token_key_generate(t, "root-991015-4", TOKEN_SIGN, &left, &err), 0);
	assert_int_equal(command(root_run, 0, "list", NULL, NULL), FAULT_CONFIG);
	token_close(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_root_or_two_are_believed_and_never_three),
		cmocka_unit_test(
		    either_root_is_enough_while_there_are_two_and_the_old_one_is_none_afterwards),
		cmocka_unit_test(a_verifier_that_serves_follows_the_roots_it_was_given),
		cmocka_unit_test(roots_that_nobody_vouched_for_are_none_while_it_serves),
		cmocka_unit_test(there_are_two_roots_at_once_and_sixteen_ever),
		cmocka_unit_test(the_next_root_is_used_when_verifiers_can_have_it),
		cmocka_unit_test_setup(the_root_is_replaced_beside_what_serves, token_up),
		cmocka_unit_test_setup(a_replacement_that_was_cut_short_goes_on, token_up),
	};
	return cmocka_run_group_tests_name("root", tests, up, down);
}
