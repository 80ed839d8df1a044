/* SPDX-License-Identifier: Apache-2.0 */
/* The inquiry's keys over the years, in a real PKCS#11 token (SoftHSM in a temporary folder). */
#include "pki_help.h"

#include "backside/envelope.h"
#include "center/inquiry/ownkeys.h"
#include "base/text.h"
#include "wire/js.h"

#include <string.h>

enum { ARENA_BYTES = 16 << 20, DAY = 24 * 3600 };
#define CODE "0123456789ABCDEF"
#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
static const int64_t first_year = INT64_C(1795230000000);

static struct arena *a;
static struct inquiry_conf conf;
static struct key *muni;

static int
up(void **state)
{
	(void)state;
	a = arena_new(ARENA_BYTES);
	tmp_init();
	const char *text = arena_printf(a,
	    "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
	    tmp_folder);
	tmp_write(a, "softhsm2.conf", text, strlen(text));
	assert_int_equal(setenv("SOFTHSM2_CONF", tmp_path(a, "softhsm2.conf"), 1), 0);
	tmp_write(a, "pin", "4649-pin\n", 9);
	assert_int_equal(tmp_run(a,
			     "mkdir tokens && softhsm2-util --init-token --free --label "
			     "kofu-inquiry --so-pin so-pin-1 --pin 4649-pin"),
	    0);
	conf = (struct inquiry_conf){ .token_module = MODULE,
		.token_label = "kofu-inquiry",
		.token_pin = tmp_path(a, "pin"),
		.key_label = "inquiry",
		.key_file = tmp_path(a, "inquiry.json"),
		.acceptance_days = 220 };
	muni = key_generate();
	return 0;
}

static int
down(void **state)
{
	(void)state;
	key_free(muni);
	tmp_done();
	arena_free(a);
	return 0;
}

/* The point that kofu-seal is given. */
static struct key_point
public_point(void)
{
	AUTO(json_t) json_t *j = NULL;
	struct key_point point;
	struct err err = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	const uint8_t *text = tmp_read(a, "inquiry.json", &n);
	assert_int_equal(js_parse(text, n, &j, &err), 0);
	assert_int_equal(js_b64url(a, j, "point", KEY_POINT_BYTES, &p, &n, &err), 0);
	memcpy(point.b, p, KEY_POINT_BYTES);
	return point;
}

struct paper {
	struct buf sealed;
};

static struct paper
paper_of_today(void)
{
	struct paper p;
	struct err err = { 0 };
	struct envelope_seal s = { .muni = { "991015" },
		.issued_at_ms = first_year,
		.front_code = CODE,
		.recipient = public_point(),
		.signer = key_as_signer(muni) };
	buf_init(&p.sealed, ENVELOPE_MAX_BYTES);
	assert_int_equal(envelope_seal(&s, "a record", 8, &p.sealed, &err), 0);
	return p;
}

/* Opens it with whatever the desk has: 0, or -1 when its key is gone. */
static int
open_paper(const struct paper *p)
{
	struct envelope_header h;
	struct ownkeys keys;
	struct token *t = NULL;
	struct err err = { 0 };
	const struct token_conf token = { conf.token_module, conf.token_label, conf.token_pin };
	int opened = -1;
	assert_int_equal(envelope_peek(p->sealed.p, p->sealed.bytes, &h), 0);
	assert_int_equal(ownkeys_load(a, &conf, &keys, &err), 0);
	assert_int_equal(token_open(&token, &t, &err), 0);
	for (unsigned i = 0; i < keys.n; i++) {
		struct envelope_keys k = { .front_code = CODE };
		uint8_t *record = NULL;
		size_t n = 0;
		key_public(muni, &k.signer);
		if (memcmp(keys.entry[i].id.b, h.recipient.b, KEY_ID_BYTES) != 0 ||
		    keys.entry[i].destroyed_ms != 0)
			continue;
		assert_int_equal(token_agreer(t, keys.entry[i].label, &k.recipient, &err), 0);
		assert_int_equal(
		    envelope_open(a, p->sealed.p, p->sealed.bytes, &k, &record, &n, &err), 0);
		assert_memory_equal(record, "a record", 8);
		opened = 0;
	}
	token_close(t);
	return opened;
}

static int64_t
days_later(int days)
{
	return first_year + (int64_t)days * DAY * 1000;
}

static void
papers_of_two_years_open_until_the_older_key_is_destroyed(void **state)
{
	struct err err = { 0 };
	struct ownkeys keys;
	struct key_id first, second;
	(void)state;
	assert_int_equal(ownkeys_load(a, &conf, &keys, &err), FAULT_CONFIG); /* before init */
	err = (struct err){ 0 };
	assert_int_equal(ownkeys_init(&conf, first_year, &err), 0);
	assert_int_equal(ownkeys_init(&conf, first_year, &err), FAULT_CONFIG); /* once only */
	err = (struct err){ 0 };
	struct paper old = paper_of_today();
	assert_int_equal(open_paper(&old), 0);
	assert_int_equal(ownkeys_load(a, &conf, &keys, &err), 0);
	assert_int_equal(keys.n, 1);
	first = keys.entry[0].id;
	assert_int_equal(ownkeys_destroy(&conf, days_later(5000), &first, &err), OWNKEYS_E_NEWEST);

	assert_int_equal(ownkeys_new(&conf, days_later(365), &second, &err), 0);
	struct paper young = paper_of_today();
	assert_int_equal(open_paper(&old), 0);
	assert_int_equal(open_paper(&young), 0);
	/* 220 days from the day on which the second was made. */
	assert_int_equal(
	    ownkeys_destroy(&conf, days_later(365 + 220) - 1, &first, &err), OWNKEYS_E_TOO_EARLY);
	assert_int_equal(open_paper(&old), 0);
	assert_int_equal(ownkeys_destroy(&conf, days_later(365 + 220), &first, &err), 0);
	assert_int_equal(open_paper(&old), -1);
	assert_int_equal(open_paper(&young), 0);
	assert_int_equal(
	    ownkeys_destroy(&conf, days_later(365 + 220), &first, &err), OWNKEYS_E_UNKNOWN);
	assert_int_equal(ownkeys_load(a, &conf, &keys, &err), 0);
	assert_int_equal(keys.n, 2); /* it stays in the book: the desk can name it */
	assert_int_equal(keys.entry[0].destroyed_ms, days_later(365 + 220));
	assert_memory_equal(keys.entry[1].id.b, second.b, KEY_ID_BYTES);
	buf_done(&old.sealed);
	buf_done(&young.sealed);
}

static void
a_destroyed_key_is_gone_from_the_token(void **state)
{
	const struct token_conf token = { conf.token_module, conf.token_label, conf.token_pin };
	struct key_agreer agreer;
	struct key_point point;
	struct token *t = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(token_open(&token, &t, &err), 0);
	assert_int_equal(token_agreer(t, "inquiry", &agreer, &err), TOKEN_E_NO_KEY);
	assert_int_equal(token_key_destroy(t, "inquiry", &err), TOKEN_E_NO_KEY);
	assert_int_equal(token_key_generate(t, "inquiry", TOKEN_DERIVE, &point, &err), 0);
	assert_int_equal(token_agreer(t, "inquiry", &agreer, &err), 0);
	assert_int_equal(token_key_destroy(t, "inquiry", &err), 0);
	assert_int_equal(token_agreer(t, "inquiry", &agreer, &err), TOKEN_E_NO_KEY);
	token_close(t);
}

static void
books_that_cannot_be_are_refused(void **state)
{
	size_t n = 0;
	(void)state;
	const uint8_t *book = tmp_read(a, "inquiry.json.book", &n);
	const char *good = arena_strndup(a, (const char *)book, n);
	const char *const bad[] = {
		"",
		"{}",
		"{\"v\":2,\"keys\":[]}",
		"{\"v\":1,\"keys\":[{}]}",
		"{\"v\":1,\"keys\":[{\"label\":\"inquiry\",\"kid\":\"0000000000000000\",\"point\":"
		"\"AAAA\",\"made_ms\":1,\"destroyed_ms\":0}]}",
		arena_printf(a, "%.*s", (int)n - 1, good),
		arena_printf(a, "%s ,", good),
	};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct ownkeys keys;
		struct err err = { 0 };
		tmp_write(a, "inquiry.json.book", bad[i], strlen(bad[i]));
		if (ownkeys_load(a, &conf, &keys, &err) != FAULT_CONFIG)
			fail_msg("row %zu", i);
	}
	tmp_write(a, "inquiry.json.book", good, n);
	struct ownkeys keys;
	struct err err = { 0 };
	assert_int_equal(ownkeys_load(a, &conf, &keys, &err), 0);
}

static void
the_command_refuses_what_it_does_not_know(void **state)
{
	static char *const argvs[][3] = { { "list", "more" }, { "destroy" }, { "destroy", "12" },
		{ "destroy", "zzzzzzzzzzzzzzzz" }, { "make" } };
	static const int argcs[] = { 2, 1, 2, 2, 1 };
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(argcs); i++) {
		char *argv[3] = { argvs[i][0], argvs[i][1], NULL };
		assert_int_equal(
		    ownkeys_run(&conf, first_year, argcs[i], argv, &err), OWNKEYS_E_USAGE);
	}
	assert_int_equal(ownkeys_run(&conf, first_year, 0, NULL, &err), OWNKEYS_E_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(papers_of_two_years_open_until_the_older_key_is_destroyed),
		cmocka_unit_test(a_destroyed_key_is_gone_from_the_token),
		cmocka_unit_test(books_that_cannot_be_are_refused),
		cmocka_unit_test(the_command_refuses_what_it_does_not_know),
	};
	return cmocka_run_group_tests_name("ownkeys", tests, up, down);
}
