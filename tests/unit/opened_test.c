/* SPDX-License-Identifier: Apache-2.0 */
/* Opened records: what is taken, what is refused, and what the program says of them. */
#include "pki_help.h"

#include "center/offline/opened.h"
#include "backside/drawing.h"
#include "base/text.h"
#include "keydir_help.h"
#include "pki/hash.h"

#include <string.h>
#include <sys/wait.h>

enum { ARENA_BYTES = 32 << 20 };
#define CODE "0123456789ABCDEF"
#define ROOT "--root own/991015.root.json "
#define OWN "--keys own/991015.json "

static struct arena *a;
static struct key *muni, *stranger, *inquiry, *root;
static struct opened good;
static struct opened_signer signers[2];

static struct bilevel
picture(void)
{
	uint8_t *p = arena_zero(a, (size_t)8 * 60);
	for (unsigned i = 0; i < 8 * 60; i += 7)
		p[i] = (uint8_t)(0x18 + i % 3);
	return (struct bilevel){ p, 64, 60, 8 };
}

static void
open_good(void)
{
	static const struct payload_field fields[] = { { "p1.name", "見本　太郎",
							   { 10, 10, 9, 9 } },
		{ "address", "架空県見本市中央一丁目２番３号", { 30, 10, 9, 9 } } };
	const struct bilevel page = picture();
	struct buf raster, record, sealed;
	struct err err = { 0 };
	struct payload p = { .page = 1,
		.pages = 2,
		.issue_number = "991015-20261121-K0001-000123",
		.kind = 1,
		.registered_at_ms = 1795230000000,
		.history = 3,
		.fields = fields,
		.n_fields = N_ELEMENTS(fields) };
	struct envelope_seal s = { .muni = { "991015" },
		.serial = { 4, 2 },
		.issued_at_ms = 1795230001000,
		.front_code = CODE,
		.signer = key_as_signer(muni) };
	struct envelope_keys k = { .front_code = CODE, .recipient = key_as_agreer(inquiry) };
	struct envelope_opened o;
	key_public(inquiry, &s.recipient);
	key_public(muni, &k.signer);
	buf_init(&raster, PAYLOAD_MAX_RASTER_BYTES);
	buf_init(&record, PAYLOAD_MAX_BYTES);
	buf_init(&sealed, ENVELOPE_MAX_BYTES);
	assert_int_equal(bilevel_encode(&page, &raster, &err), 0);
	p.raster = raster.p;
	p.raster_bytes = raster.bytes;
	assert_int_equal(payload_encode(&p, &record, &err), 0);
	assert_int_equal(envelope_seal(&s, record.p, record.bytes, &sealed, &err), 0);
	assert_int_equal(envelope_open_whole(a, sealed.p, sealed.bytes, &k, &o, &err), 0);
	assert_int_equal(opened_read(a, &o, &good, &err), 0);
	assert_memory_equal(good.page.p, page.p, (size_t)8 * 60);
	buf_done(&raster);
	buf_done(&record);
	buf_done(&sealed);
}

static int
up(void **state)
{
	(void)state;
	a = arena_new(ARENA_BYTES);
	tmp_init();
	muni = key_generate();
	stranger = key_generate();
	inquiry = key_generate();
	signers[0].muni = signers[1].muni = (struct muni_code){ "991015" };
	const struct keydir others = keydir_help_of("991015", stranger);
	const struct keydir own = keydir_help_of("991015", muni);
	signers[0].key = others.key[0];
	signers[1].key = own.key[0];
	root = key_generate();
	open_good();
	return 0;
}

static int
down(void **state)
{
	(void)state;
	key_free(muni);
	key_free(stranger);
	key_free(inquiry);
	key_free(root);
	tmp_done();
	arena_free(a);
	return 0;
}

/* The text of an object, which is given back. */
static const char *
text_of(json_t *j)
{
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, OPENED_MAX_BYTES);
	assert_int_equal(js_format(j, &b, &err), 0);
	const char *text = arena_strndup(a, (const char *)b.p, b.bytes);
	buf_done(&b);
	json_decref(j);
	return text;
}

static int
check(const char *text)
{
	struct err err = { 0 };
	struct opened o = { .page = { .p = NULL } };
	int r = opened_check(a, text, strlen(text), signers, 2, &o, &err);
	assert_true(r == 0 || o.page.p == NULL);
	return r;
}

/* A member in base64url with one bit of a byte changed. */
static void
flip(json_t *j, const char *key, size_t at)
{
	struct err err = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	assert_int_equal(js_b64url(a, j, key, PAYLOAD_MAX_BYTES, &p, &n, &err), 0);
	p[at % n] ^= 1;
	js_put_b64url(j, key, p, n);
}

static void
as_it_is(json_t *j)
{
	(void)j;
}
static void
name(json_t *j)
{
	js_put_text(json_array_get(json_object_get(j, "fields"), 0), "value", "見本　次郎");
}
static void
field_gone(json_t *j)
{
	(void)json_array_remove(json_object_get(j, "fields"), 1);
}
static void
number(json_t *j)
{
	js_put_text(j, "number", "991015-20261121-K0001-000124");
}
static void
page_count(json_t *j)
{
	js_put_int(j, "pages", 1);
}
static void
issued(json_t *j)
{
	js_put_int(j, "issued_at_ms", 1795230001001);
}
static void
page_hash(json_t *j)
{
	js_put_text(
	    j, "page_sha256", "0000000000000000000000000000000000000000000000000000000000000000");
}
static void
other_muni(json_t *j)
{
	js_put_text(j, "muni", "991023");
}
static void
record_bit(json_t *j)
{
	flip(j, "record", 120);
}
static void
raster_bit(json_t *j)
{
	flip(j, "record", good.envelope.record_bytes - 3);
}
static void
signature_bit(json_t *j)
{
	flip(j, "signature", 40);
}
static void
serial_bit(json_t *j)
{
	flip(j, "front", 35);
}
static void
ephemeral_bit(json_t *j)
{
	flip(j, "front", 90);
}
static void
signer_bit(json_t *j)
{
	flip(j, "front", 16);
}
static void
magic_bit(json_t *j)
{
	flip(j, "front", 0);
}
static void
record_short(json_t *j)
{
	js_put_b64url(j, "record", good.envelope.record, good.envelope.record_bytes - 1);
}
static void
front_short(json_t *j)
{
	js_put_b64url(j, "front", good.envelope.front, ENVELOPE_FRONT_BYTES - 1);
}
static void
version(json_t *j)
{
	js_put_int(j, "v", 2);
}
static void
member_gone(json_t *j)
{
	(void)json_object_del(j, "tie");
}
static void
member_more(json_t *j)
{
	js_put_int(j, "note", 1);
}

static const struct {
	const char *name;
	void (*change)(json_t *j);
	int want;
} table[] = {
#define ROW(f, want)                                                                               \
	{                                                                                          \
#f, f, want                                                                        \
	}
	ROW(as_it_is, 0),
	ROW(name, OPENED_E_DIFFERS),
	ROW(field_gone, OPENED_E_DIFFERS),
	ROW(number, OPENED_E_DIFFERS),
	ROW(page_count, OPENED_E_DIFFERS),
	ROW(issued, OPENED_E_DIFFERS),
	ROW(page_hash, OPENED_E_DIFFERS),
	ROW(other_muni, OPENED_E_DIFFERS),
	ROW(record_bit, OPENED_E_FORGED),
	ROW(raster_bit, OPENED_E_FORGED),
	ROW(signature_bit, OPENED_E_FORGED),
	ROW(serial_bit, OPENED_E_FORGED),
	ROW(ephemeral_bit, OPENED_E_FORGED),
	ROW(record_short, OPENED_E_FORGED),
	ROW(signer_bit, OPENED_E_KEY),
	ROW(magic_bit, FAULT_BAD_INPUT),
	ROW(front_short, FAULT_BAD_INPUT),
	ROW(version, FAULT_BAD_INPUT),
	ROW(member_gone, FAULT_BAD_INPUT),
	ROW(member_more, FAULT_BAD_INPUT),
#undef ROW
};

static const char *
text_of_row(size_t i)
{
	json_t *j = opened_json(&good);
	table[i].change(j);
	return text_of(j);
}

static void
an_altered_record_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(table); i++) {
		int r = check(text_of_row(i));
		if (r != table[i].want)
			fail_msg("%s gave %d", table[i].name, r);
	}
}

/* A key of that id counts for its own municipality alone. */
static void
a_key_of_another_municipality_does_not_verify(void **state)
{
	(void)state;
	signers[1].muni = (struct muni_code){ "991023" };
	assert_int_equal(check(text_of_row(0)), OPENED_E_KEY);
	signers[1].muni = (struct muni_code){ "991015" };
	assert_int_equal(check(text_of_row(0)), 0);
}

static void
a_text_over_the_limit_is_refused(void **state)
{
	struct err err = { 0 };
	struct opened o;
	char *text = arena_zero(a, OPENED_MAX_BYTES + 2);
	(void)state;
	const char *is = text_of_row(0);
	memset(text, ' ', OPENED_MAX_BYTES + 1);
	memcpy(text, is, strlen(is));
	assert_int_equal(opened_check(a, text, OPENED_MAX_BYTES, signers, 2, &o, &err), 0);
	assert_int_equal(
	    opened_check(a, text, OPENED_MAX_BYTES + 1, signers, 2, &o, &err), FAULT_BAD_INPUT);
}

/* A directory of that key in a folder of its own. */
static void
write_keys(const char *folder, const struct keydir *d)
{
	assert_int_equal(tmp_run(a, arena_printf(a, "mkdir -p %s", folder)), 0);
	assert_int_equal(keydir_help_write(a, tmp_path(a, folder), d, root), 0);
}

static int
exit_of(const char *arguments)
{
	int status = tmp_run(a, arena_printf(a, KOFU_VERIFY_OFFLINE " %s >out 2>&1", arguments));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
the_program_says_right_wrong_or_no_key(void **state)
{
	size_t n = 0;
	(void)state;
	struct keydir d = keydir_help_of("991015", muni);
	const struct keydir others = keydir_help_of("991015", stranger);
	write_keys("own", &d);
	write_keys("others", &others);
	for (size_t i = 0; i < N_ELEMENTS(table); i++) {
		const char *text = text_of_row(i);
		tmp_write(a, "record.json", text, strlen(text));
		int want = table[i].want == 0       ? 0
		    : table[i].want == OPENED_E_KEY ? 2
		    : table[i].want > 0             ? 1
						    : 65;
		if (exit_of(ROOT "--keys others/991015.json " OWN "record.json") != want)
			fail_msg("%s", table[i].name);
	}
	const char *text = text_of_row(0);
	tmp_write(a, "record.json", text, strlen(text));
	assert_int_equal(exit_of(ROOT "--keys others/991015.json record.json"), 2);
	assert_int_equal(exit_of(ROOT "--keys nothing.json record.json"), 66);
	assert_int_equal(exit_of("--root nothing.json " OWN "record.json"), 66);
	assert_int_equal(exit_of(ROOT OWN "nothing.json"), 66);
	assert_int_equal(exit_of("record.json"), 64);
	assert_int_equal(exit_of(OWN "record.json"), 64); /* no root: nothing is believed */
	assert_int_equal(exit_of(ROOT OWN), 64);
	assert_int_equal(exit_of(ROOT OWN "--front front.pbm record.json"), 0);
	const char *said = (const char *)tmp_read(a, "out", &n);
	assert_non_null(strstr(said, "991015-20261121-K0001-000123  page 1 of 2"));
	assert_non_null(strstr(said, "p1.name\t見本　太郎"));
	const uint8_t *pbm = tmp_read(a, "front.pbm", &n);
	assert_int_equal(n, 9 + 8 * 60);
	assert_memory_equal(pbm, "P4\n64 60\n", 9);
	assert_memory_equal(pbm + 9, picture().p, 8 * 60);
}

/* What the directory says of the key that signed a record of @issued_ms decides. */
static void
a_revoked_key_and_one_out_of_its_time_are_named(void **state)
{
	const int64_t issued_ms = 1795230001000;
	struct keydir d = keydir_help_of("991015", muni);
	struct key *forger = key_generate();
	const char *text = text_of_row(0);
	(void)state;
	tmp_write(a, "record.json", text, strlen(text));
	d.key[0].retired_ms = issued_ms - KEYDIR_SLACK_MS;
	write_keys("own", &d);
	assert_int_equal(exit_of(ROOT OWN "record.json"), 0); /* retired: as good as before */
	d.key[0].retired_ms--;
	write_keys("own", &d);
	assert_int_equal(exit_of(ROOT OWN "record.json"), 1);
	d.key[0].retired_ms = 0;
	d.key[0].announced_ms = d.key[0].used_ms = issued_ms + KEYDIR_SLACK_MS;
	write_keys("own", &d);
	assert_int_equal(exit_of(ROOT OWN "record.json"), 0);
	d.key[0].announced_ms = d.key[0].used_ms = issued_ms + KEYDIR_SLACK_MS + 1;
	write_keys("own", &d);
	assert_int_equal(exit_of(ROOT OWN "record.json"), 1);
	d = keydir_help_of("991015", muni);
	d.key[0].revoked_ms = issued_ms + 1000; /* whenever it was signed */
	write_keys("own", &d);
	assert_int_equal(exit_of(ROOT OWN "record.json"), 3);
	d.key[0].revoked_ms = 0;
	assert_int_equal(keydir_help_write(a, tmp_path(a, "own"), &d, forger), 0);
	assert_int_equal(keydir_help_write(a, tmp_path(a, "others"), &d, root), 0);
	/* A directory by another root, beside the true one, counts for nothing. */
	assert_int_equal(exit_of("--root others/991015.root.json " OWN "record.json"), 66);
	key_free(forger);
}

/* While a root is replaced; and one past the limit. */
static void
two_roots_of_a_municipality_are_taken_and_no_third(void **state)
{
	struct key *next = key_generate(), *third = key_generate();
	const struct keydir d = keydir_help_of("991015", muni);
	const char *text = text_of_row(0);
	(void)state;
	tmp_write(a, "record.json", text, strlen(text));
	write_keys("own", &d);
	write_keys("next", &d);
	write_keys("third", &d);
	assert_int_equal(keydir_help_write(a, tmp_path(a, "next"), &d, next), 0);
	assert_int_equal(keydir_help_write(a, tmp_path(a, "third"), &d, third), 0);
	assert_int_equal(exit_of(ROOT "--keys next/991015.json record.json"), 66);
	assert_int_equal(
	    exit_of(ROOT "--root next/991015.root.json --keys next/991015.json record.json"), 0);
	assert_int_equal(exit_of("--root next/991015.root.json " ROOT ROOT OWN "record.json"), 0);
	assert_int_equal(
	    exit_of("--root next/991015.root.json --root third/991015.root.json " ROOT OWN
		    "record.json"),
	    66);
	key_free(next);
	key_free(third);
}

static void
assert_page_hash(const struct opened *o, const void *p, size_t bytes)
{
	AUTO(json_t) json_t *j = opened_json(o);
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	sha256(p, bytes, hash);
	text_hex_format(hash, sizeof(hash), hex);
	assert_string_equal(json_string_value(json_object_get(j, "page_sha256")), hex);
}

static void
the_hash_of_a_front_is_the_one_that_its_manifest_has(void **state)
{
	struct drawing_bar bar = { 1, 2, 3, 4 };
	const struct drawing d = { .w_px = 64, .h_px = 60, .bars = &bar, .n_bars = 1 };
	struct opened o = good;
	struct err err = { 0 };
	struct buf drawn;
	(void)state;
	assert_page_hash(&good, good.page.p, good.page.stride_bytes * good.page.h_px);
	buf_init(&drawn, PAYLOAD_MAX_RASTER_BYTES);
	assert_int_equal(drawing_encode(&d, &drawn, &err), 0);
	o.record.raster = drawn.p;
	o.record.raster_bytes = drawn.bytes;
	assert_page_hash(&o, drawn.p, drawn.bytes);
	buf_done(&drawn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_altered_record_is_refused_by_name),
		cmocka_unit_test(a_key_of_another_municipality_does_not_verify),
		cmocka_unit_test(a_text_over_the_limit_is_refused),
		cmocka_unit_test(the_program_says_right_wrong_or_no_key),
		cmocka_unit_test(a_revoked_key_and_one_out_of_its_time_are_named),
		cmocka_unit_test(two_roots_of_a_municipality_are_taken_and_no_third),
		cmocka_unit_test(the_hash_of_a_front_is_the_one_that_its_manifest_has),
	};
	return cmocka_run_group_tests_name("opened", tests, up, down);
}
