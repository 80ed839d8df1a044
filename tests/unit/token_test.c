/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a real PKCS#11 token (SoftHSM in a temporary folder). */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method() */
#include "tests/unit/pki_help.h"

#include "base/err.h"
#include "base/rand.h"
#include "pki/jose.h"
#include "pki/token.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"

static struct arena *a;
static struct token_conf conf;

static int
before(void **state)
{
	(void)state;
	a = arena_new(1 << 20);
	tmp_init();
	if (access(MODULE, R_OK) != 0) {
		print_message("no %s here: apt-get install softhsm2\n", MODULE);
		return 0;
	}
	const char *text = arena_printf(a,
	    "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
	    tmp_folder);
	tmp_write(a, "softhsm2.conf", text, strlen(text));
	assert_int_equal(setenv("SOFTHSM2_CONF", tmp_path(a, "softhsm2.conf"), 1), 0);
	tmp_write(a, "pin", "4649-pin\nsecond line\n", 21);
	tmp_write(a, "wrong-pin", "0000\n", 5);
	assert_int_equal(tmp_run(a,
			     "mkdir tokens && softhsm2-util --init-token --free --label "
			     "kofu-test --so-pin so-pin-1 --pin 4649-pin"),
	    0);
	conf = (struct token_conf){ MODULE, "kofu-test", tmp_path(a, "pin") };
	return 0;
}

static int
after(void **state)
{
	(void)state;
	arena_free(a);
	tmp_done();
	return 0;
}

static struct token *
must_open(void)
{
	struct token *t = NULL;
	struct err err = { 0 };
	if (access(MODULE, R_OK) != 0)
		skip();
	assert_int_equal(token_open(&conf, &t, &err), 0);
	return t;
}

static void
a_signature_of_the_token_verifies(void **state)
{
	struct token *t = must_open();
	struct key_point made;
	struct key_signer s, again;
	struct err err = { 0 };
	char *jws = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	assert_int_equal(token_signer(t, "seal-991015", &s, &err), TOKEN_E_NO_KEY);
	assert_int_equal(token_key_generate(t, "seal-991015", TOKEN_SIGN, &made, &err), 0);
	assert_int_equal(token_signer(t, "seal-991015", &s, &err), 0);
	assert_int_equal(token_signer(t, "seal-991015", &again, &err), 0);
	assert_ptr_equal(s.self, again.self);
	assert_memory_equal(&s.point, &made, sizeof(made));
	assert_int_equal(jws_sign(a, &s, "kofu-manifest", "{}", 2, &jws, &err), 0);
	assert_int_equal(jws_verify(a, &made, "kofu-manifest", jws, strlen(jws), &p, &n, &err), 0);
	token_close(t);
}

static void
a_key_is_found_again_after_closing_and_its_label_is_taken(void **state)
{
	struct token *t = must_open();
	struct key_point made, other;
	struct key_signer s;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(token_key_generate(t, "again", TOKEN_SIGN, &made, &err), 0);
	token_close(t);
	t = must_open();
	assert_int_equal(token_key_generate(t, "again", TOKEN_SIGN, &other, &err), FAULT_CONFIG);
	assert_int_equal(token_key_generate(t, "again", TOKEN_DERIVE, &other, &err), FAULT_CONFIG);
	assert_int_equal(token_signer(t, "again", &s, &err), 0);
	assert_memory_equal(&s.point, &made, sizeof(made));
	token_close(t);
}

static void
the_token_agrees_on_the_same_secret_as_a_key_in_memory(void **state)
{
	struct token *t = must_open();
	struct key_point made, peer;
	struct key_agreer g;
	struct err err = { 0 };
	unsigned with_leading_zero = 0;
	(void)state;
	assert_int_equal(token_key_generate(t, "open", TOKEN_DERIVE, &made, &err), 0);
	assert_int_equal(token_agreer(t, "open", &g, &err), 0);
	/* Until secrets that begin with zero were met: their length must not shrink. Of fair keys
	 * one in 256 has such: of this many none with a chance of 3e-14.
	 */
	for (int i = 0; i < 8000 && (i < 50 || with_leading_zero < 2); i++) {
		AUTO(key) struct key *k = key_generate();
		uint8_t z1[KEY_SHARED_BYTES], z2[KEY_SHARED_BYTES];
		key_public(k, &peer);
		assert_int_equal(key_agree(k, &made, z1, &err), 0);
		if (i >= 50 && z1[0] != 0)
			continue;
		assert_int_equal(g.agree(g.self, &peer, z2, &err), 0);
		assert_memory_equal(z1, z2, sizeof(z1));
		with_leading_zero += z1[0] == 0;
	}
	assert_true(with_leading_zero > 0);
	peer.b[64] ^= 1;
	uint8_t z[KEY_SHARED_BYTES];
	assert_int_equal(g.agree(g.self, &peer, z, &err), FAULT_BAD_INPUT);
	token_close(t);
}

enum { MADE_AT_A_TIME = 600, MADE_TIMES = 8 };

static void *
make_keys(void *arg)
{
	struct key_point *to = arg;
	for (unsigned i = 0; i < MADE_AT_A_TIME; i++) {
		AUTO(key) struct key *k = key_generate();
		key_public(k, &to[i]);
	}
	return NULL;
}

static int
point_order(const void *x, const void *y)
{
	return memcmp(x, y, sizeof(struct key_point));
}

static void
make_keys_in_a_child(struct key_point *to)
{
	int status = -1;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		make_keys(to);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* One-time keys: whoever has one twice reads what was meant for another. */
static void
no_key_comes_twice_beside_a_token_after_it_or_in_a_child(void **state)
{
	const size_t n = MADE_AT_A_TIME * MADE_TIMES;
	struct key_point *const all =
	    mmap(NULL, n * sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct key_point *at = all;
	pthread_t threads[2];
	(void)state;
	assert_true(all != MAP_FAILED);
	make_keys(at);
	struct token *t = must_open();
	assert_ptr_equal(RAND_get_rand_method(), RAND_OpenSSL()); /* the module left it alone */
	make_keys(at += MADE_AT_A_TIME);
	make_keys_in_a_child(at += MADE_AT_A_TIME);
	for (size_t i = 0; i < N_ELEMENTS(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, make_keys, at += MADE_AT_A_TIME), 0);
	for (size_t i = 0; i < N_ELEMENTS(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	token_close(t);
	make_keys(at += MADE_AT_A_TIME);
	make_keys_in_a_child(at += MADE_AT_A_TIME);
	make_keys(at += MADE_AT_A_TIME);
	assert_ptr_equal(at + MADE_AT_A_TIME, all + n);
	qsort(all, n, sizeof(*all), point_order);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(&all[i - 1], &all[i], sizeof(*all));
	assert_int_equal(munmap(all, n * sizeof(*all)), 0);
}

static int
always_the_same(unsigned char *p, int bytes)
{
	memset(p, 7, (size_t)bytes);
	return 1;
}

static void
a_source_of_chance_that_stands_still_ends_the_process(void **state)
{
	(void)state;
	for (int keys = 1; keys <= 2; keys++) {
		int status = 0;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			static const RAND_METHOD stands = { .bytes = always_the_same };
			signal(SIGABRT, SIG_DFL); /* cmocka would go on with the next test */
			if (RAND_set_rand_method(&stands) != 1)
				_exit(3);
			for (int i = 0; i < keys; i++)
				key_free(key_generate());
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0, keys == 1 ? 0 : SIGABRT);
	}
}

static void
a_key_does_only_what_it_was_made_for(void **state)
{
	struct token *t = must_open();
	struct key_point p;
	struct key_signer s;
	struct key_agreer g;
	struct err err = { 0 };
	uint8_t digest[32] = { 0 }, sig[KEY_SIG_BYTES], z[KEY_SHARED_BYTES];
	(void)state;
	assert_int_equal(token_key_generate(t, "only-sign", TOKEN_SIGN, &p, &err), 0);
	assert_int_equal(token_key_generate(t, "only-derive", TOKEN_DERIVE, &p, &err), 0);
	assert_int_equal(token_signer(t, "only-derive", &s, &err), 0);
	assert_true(s.sign(s.self, digest, sig, &err) < 0);
	assert_int_equal(token_agreer(t, "only-sign", &g, &err), 0);
	assert_true(g.agree(g.self, &p, z, &err) < 0);
	token_close(t);
}

static void
a_wrapped_key_opens_with_its_label_and_data_only(void **state)
{
	struct token *t = must_open();
	struct err err = { 0 };
	uint8_t dek[32], back[32], box[TOKEN_WRAPPED_BYTES];
	(void)state;
	rand_bytes(dek, sizeof(dek));
	assert_int_equal(token_wrap(t, "wrap", dek, "991015", 6, box, &err), TOKEN_E_NO_KEY);
	assert_int_equal(token_wrap_key_ensure(t, "wrap", &err), 0);
	assert_int_equal(token_wrap_key_ensure(t, "wrap", &err), 0);
	assert_int_equal(token_wrap_key_ensure(t, "wrap-2", &err), 0);
	assert_int_equal(token_wrap(t, "wrap", dek, "991015", 6, box, &err), 0);
	token_close(t);
	t = must_open(); /* the key survived */
	assert_int_equal(token_unwrap(t, "wrap", box, "991015", 6, back, &err), 0);
	assert_memory_equal(back, dek, sizeof(dek));
	assert_int_equal(token_unwrap(t, "wrap", box, "991023", 6, back, &err), FAULT_INTEGRITY);
	assert_int_equal(token_unwrap(t, "wrap-2", box, "991015", 6, back, &err), FAULT_INTEGRITY);
	for (size_t bit = 0; bit < sizeof(box) * 8; bit += 7) {
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    token_unwrap(t, "wrap", box, "991015", 6, back, &err), FAULT_INTEGRITY);
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(token_unwrap(t, "wrap", box, "991015", 6, back, &err), 0);
	token_close(t);
}

static void
private_keys_do_not_leave_the_token(void **state)
{
	struct token *t = must_open();
	struct key_point p;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(token_key_generate(t, "stays", TOKEN_SIGN, &p, &err), 0);
	token_close(t);
	assert_int_equal(tmp_run(a, "command -v pkcs11-tool"), 0);
	assert_int_equal(tmp_run(a,
			     "pkcs11-tool --module " MODULE " --token-label kofu-test --login "
			     "--pin 4649-pin --list-objects --type privkey"),
	    0);
	size_t n = 0;
	char *out = (char *)tmp_read(a, "run.out", &n);
	assert_non_null(strstr(out, "stays"));
	assert_non_null(strstr(out, "never extractable"));
	assert_null(strstr(out, "Access:     none"));
}

static void
wrong_settings_are_refused_by_name(void **state)
{
	struct token *t = must_open();
	(void)state;
	const struct token_conf bad[] = {
		{ "/nowhere/module.so", "kofu-test", conf.pin_file },
		{ "/usr/lib/x86_64-linux-gnu/libz.so.1", "kofu-test", conf.pin_file },
		{ MODULE, "no-such-token", conf.pin_file },
		{ MODULE, "", conf.pin_file },
		{ MODULE, "a label that is longer than 32 bytes", conf.pin_file },
		{ MODULE, "kofu-test", "/nowhere/pin" },
	};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct token *u = NULL;
		struct err err = { 0 };
		assert_int_equal(token_open(&bad[i], &u, &err), FAULT_CONFIG);
		assert_null(u);
	}
	token_close(t);
	struct token *u = NULL;
	struct err err = { 0 };
	const struct token_conf wrong = { MODULE, "kofu-test", tmp_path(a, "wrong-pin") };
	assert_int_equal(token_open(&wrong, &u, &err), FAULT_CONFIG);
	token_close(NULL);
	token_close(must_open());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_of_the_token_verifies),
		cmocka_unit_test(a_key_is_found_again_after_closing_and_its_label_is_taken),
		cmocka_unit_test(the_token_agrees_on_the_same_secret_as_a_key_in_memory),
		cmocka_unit_test(no_key_comes_twice_beside_a_token_after_it_or_in_a_child),
		cmocka_unit_test(a_source_of_chance_that_stands_still_ends_the_process),
		cmocka_unit_test(a_key_does_only_what_it_was_made_for),
		cmocka_unit_test(a_wrapped_key_opens_with_its_label_and_data_only),
		cmocka_unit_test(private_keys_do_not_leave_the_token),
		cmocka_unit_test(wrong_settings_are_refused_by_name),
	};
	return cmocka_run_group_tests(tests, before, after);
}
