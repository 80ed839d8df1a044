/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the first-load medium: there and back, for us and for the openssl command. */
#include "tests/unit/pki_help.h"

#include "base/err.h"
#include "pki/cms.h"

#include <fcntl.h>

static struct arena *a;

static int
before(void **state)
{
	(void)state;
	a = arena_new(64u << 20);
	tmp_init();
	assert_int_equal(
	    tmp_run(a,
		"for n in us them; do openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:P-256 -nodes -subj /CN=$n -days 2 -keyout $n.key -out "
		"$n.crt || exit 1; done; openssl req -x509 -newkey rsa:2048 -nodes -subj "
		"/CN=rsa -days 2 -keyout rsa.key -out rsa.crt"),
	    0);
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

static int
encrypt(const char *in, const char *out, const char *cert)
{
	struct err err = { 0 };
	AUTO_FD int i = open(tmp_path(a, in), O_RDONLY);
	AUTO_FD int o =
	    open(*out == '/' ? out : tmp_path(a, out), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(i >= 0 && o >= 0);
	return cms_encrypt_fd(i, o, tmp_path(a, cert), &err);
}

static int
decrypt(const char *in, const char *out, const char *cert, const char *key)
{
	struct err err = { 0 };
	AUTO_FD int i = open(tmp_path(a, in), O_RDONLY);
	AUTO_FD int o =
	    open(*out == '/' ? out : tmp_path(a, out), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(i >= 0 && o >= 0);
	return cms_decrypt_fd(i, o, tmp_path(a, cert), tmp_path(a, key), &err);
}

static void
a_file_comes_back_byte_for_byte(void **state)
{
	static const char *const make[] = { ": >plain", "printf x >plain",
		"printf 'a\\r\\nb\\n\\0c' >plain", "head -c 5000000 /dev/urandom >plain" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(make); i++) {
		assert_int_equal(tmp_run(a, make[i]), 0);
		assert_int_equal(encrypt("plain", "sealed", "us.crt"), 0);
		assert_int_equal(decrypt("sealed", "back", "us.crt", "us.key"), 0);
		assert_int_equal(tmp_run(a, "cmp plain back"), 0);
	}
}

static void
the_openssl_command_opens_what_we_seal_and_we_what_it_seals(void **state)
{
	(void)state;
	assert_int_equal(tmp_run(a, "head -c 100000 /dev/urandom >plain"), 0);
	assert_int_equal(encrypt("plain", "sealed", "us.crt"), 0);
	assert_int_equal(tmp_run(a,
			     "openssl cms -decrypt -binary -inform DER -in sealed -recip us.crt "
			     "-inkey us.key -out back && cmp plain back"),
	    0);
	assert_int_equal(tmp_run(a,
			     "openssl cms -cmsout -print -inform DER -in sealed -noout && grep -q "
			     "'aes-256-gcm' run.out && grep -q sha256kdf run.out"),
	    0);
	assert_int_equal(tmp_run(a,
			     "openssl cms -encrypt -binary -aes-256-gcm -outform DER -in plain "
			     "-out sealed -recip us.crt -keyopt ecdh_kdf_md:sha256"),
	    0);
	assert_int_equal(decrypt("sealed", "back", "us.crt", "us.key"), 0);
	assert_int_equal(tmp_run(a, "cmp plain back"), 0);
}

static void
files_for_others_altered_or_of_another_kind_are_refused(void **state)
{
	size_t n = 0;
	(void)state;
	assert_int_equal(tmp_run(a, "head -c 3000 /dev/urandom >plain"), 0);
	assert_int_equal(encrypt("plain", "sealed", "us.crt"), 0);
	assert_int_equal(decrypt("sealed", "back", "them.crt", "them.key"), FAULT_INTEGRITY);
	uint8_t *p = tmp_read(a, "sealed", &n);
	for (size_t at = 0; at < n; at += 61) {
		p[at] ^= 0x10;
		tmp_write(a, "altered", p, n);
		assert_int_equal(decrypt("altered", "back", "us.crt", "us.key"), FAULT_INTEGRITY);
		p[at] ^= 0x10;
	}
	p[n - 1] ^= 1;
	tmp_write(a, "altered", p, n - 1);
	assert_int_equal(decrypt("altered", "back", "us.crt", "us.key"), FAULT_INTEGRITY);
	static const char *const make[] = {
		": >other",
		"cp plain other",
		"openssl cms -encrypt -binary -aes-256-cbc -outform DER -in plain -out other "
		"us.crt",
		"openssl cms -encrypt -binary -aes-256-gcm -outform DER -in plain -out other "
		"us.crt "
		"them.crt",
		"openssl cms -sign -binary -nodetach -outform DER -in plain -out other -signer "
		"us.crt "
		"-inkey us.key",
	};
	for (size_t i = 0; i < N_ELEMENTS(make); i++) {
		assert_int_equal(tmp_run(a, make[i]), 0);
		assert_int_equal(decrypt("other", "back", "us.crt", "us.key"), FAULT_INTEGRITY);
	}
}

static void
wrong_keys_and_full_disks_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(tmp_run(a, "head -c 300000 /dev/urandom >plain"), 0);
	assert_int_equal(encrypt("plain", "sealed", "rsa.crt"), FAULT_CONFIG);
	assert_int_equal(encrypt("plain", "sealed", "us.key"), FAULT_CONFIG);
	assert_int_equal(encrypt("plain", "sealed", "nowhere.crt"), FAULT_CONFIG);
	assert_int_equal(encrypt("plain", "sealed", "us.crt"), 0);
	assert_int_equal(decrypt("sealed", "back", "us.crt", "them.key"), FAULT_CONFIG);
	assert_int_equal(decrypt("sealed", "back", "us.crt", "rsa.key"), FAULT_CONFIG);
	assert_int_equal(encrypt("plain", "/dev/full", "us.crt"), FAULT_UNAVAILABLE);
	assert_int_equal(decrypt("sealed", "/dev/full", "us.crt", "us.key"), FAULT_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_back_byte_for_byte),
		cmocka_unit_test(the_openssl_command_opens_what_we_seal_and_we_what_it_seals),
		cmocka_unit_test(files_for_others_altered_or_of_another_kind_are_refused),
		cmocka_unit_test(wrong_keys_and_full_disks_are_told_apart),
	};
	return cmocka_run_group_tests(tests, before, after);
}
