/* SPDX-License-Identifier: Apache-2.0 */
/* Key directories: what is taken, what is refused, what a generation may do when. */
#include "tests/unit/keydir_help.h"
#include "tests/unit/pki_help.h"

#include "pki/jose.h"
#include "server/seal/generation.h"
#include "wire/js.h"

#include <errno.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 << 20, N_KEYS = KEYDIR_MAX_KEYS + 1 };
static const struct muni_code muni = { "991015" };
static const int64_t first_ms = 1795230000000;

static struct arena *a;
static struct key *root, *forger, *keys[N_KEYS];

static int
up(void **state)
{
	(void)state;
	a = arena_new(ARENA_BYTES);
	tmp_init();
	root = key_generate();
	forger = key_generate();
	for (unsigned i = 0; i < N_KEYS; i++)
		keys[i] = key_generate();
	return 0;
}

static int
down(void **state)
{
	(void)state;
	key_free(root);
	key_free(forger);
	for (unsigned i = 0; i < N_KEYS; i++)
		key_free(keys[i]);
	tmp_done();
	arena_free(a);
	return 0;
}

static struct keydir_roots
believed(void)
{
	return (struct keydir_roots){ 1, { keydir_help_point(root) } };
}

static struct key_id
id_of(const struct key *k)
{
	struct key_point p = keydir_help_point(k);
	struct key_id id;
	key_id_of(&p, &id);
	return id;
}

/* Three generations: retired, used, announced. */
static struct keydir
three(void)
{
	struct keydir d = { .muni = muni, .seq = 5 };
	keydir_help_add(&d, keys[0], first_ms)->retired_ms = first_ms + 3000;
	(void)keydir_help_add(&d, keys[1], first_ms + 1000);
	keydir_help_add(&d, keys[2], first_ms + 2000)->used_ms = 0;
	return d;
}

static const char *
jws_of(const char *payload, struct key *k, const char *typ)
{
	struct key_signer signer = key_as_signer(k);
	struct err err = { 0 };
	char *jws = NULL;
	assert_int_equal(jws_sign(a, &signer, typ, payload, strlen(payload), &jws, &err), 0);
	return jws;
}

static int
parse(const char *jws, struct keydir *ret)
{
	struct key_point p = keydir_help_point(root);
	struct err err = { 0 };
	return keydir_parse(&p, muni, jws, strlen(jws), ret, &err);
}

static void
a_directory_comes_back_as_it_was_written(void **state)
{
	const struct keydir d = three();
	struct keydir_file f;
	const struct keydir_roots p = believed();
	struct keydir_roots q;
	struct muni_code said;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
	assert_int_equal(keydir_file_open(&f, tmp_path(a, "991015.json"), muni, &p, &err), 0);
	assert_int_equal(f.dir.seq, 5);
	assert_int_equal(f.dir.n, 3);
	assert_memory_equal(f.dir.key, d.key, 3 * sizeof(d.key[0]));
	assert_int_equal(keydir_roots_read(tmp_path(a, "991015.root.json"), &said, &q, &err), 0);
	assert_memory_equal(&q, &p, sizeof(p));
	assert_string_equal(said.s, muni.s);
	static const enum keydir_state want[] = { KEYDIR_RETIRED, KEYDIR_USED, KEYDIR_ANNOUNCED };
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(keydir_state(&f.dir.key[i]), want[i]);
}

/* One key as text; the instants as they are given. */
static const char *
key_text(const struct key *k, const struct key *claimed, const char *instants)
{
	struct key_point p = keydir_help_point(k);
	struct key_id id = id_of(claimed);
	char kid[17];
	text_hex_format(id.b, 8, kid);
	return arena_printf(a, "{\"kid\":\"%s\",\"point\":\"%s\",%s}", kid,
	    text_b64url_format(a, p.b, sizeof(p.b)), instants);
}
#define USED(from)                                                                                 \
	"\"announced_ms\":" #from ",\"used_ms\":" #from ",\"retired_ms\":0,\"revoked_ms\":0"
#define TIMES(announced, used, retired, revoked)                                                   \
	"\"announced_ms\":" #announced ",\"used_ms\":" #used ",\"retired_ms\":" #retired           \
	",\"revoked_ms\":" #revoked

static const char *
payload_of(const char *code, const char *seq, const char *list)
{
	return arena_printf(
	    a, "{\"v\":1,\"muni\":\"%s\",\"seq\":%s,\"keys\":[%s]}", code, seq, list);
}

static void
directories_that_break_the_form_are_refused(void **state)
{
	const char *one = key_text(keys[0], keys[0], USED(7));
	const char *two = key_text(keys[1], keys[1], USED(8));
	const struct {
		const char *payload;
		int want;
	} t[] = {
		{ payload_of("991015", "1", one), 0 },
		{ payload_of("991015", "1", arena_printf(a, "%s,%s", one, two)), 0 },
		{ payload_of("131016", "1", one), FAULT_INTEGRITY }, /* another municipality's */
		{ payload_of("991016", "1", one), FAULT_BAD_INPUT }, /* 検査数字 */
		{ payload_of("991015", "0", one), FAULT_BAD_INPUT },
		{ payload_of("991015", "1", ""), FAULT_BAD_INPUT },
		{ payload_of("991015", "1", arena_printf(a, "%s,%s", one, one)), FAULT_BAD_INPUT },
		/* ids that were swapped: each is another key's */
		{ payload_of("991015", "1", key_text(keys[0], keys[1], USED(7))), FAULT_BAD_INPUT },
		{ payload_of("991015", "1", arena_printf(a, "%s,%s", two, one)), FAULT_BAD_INPUT },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], TIMES(0, 0, 0, 0))),
		    FAULT_BAD_INPUT },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], TIMES(7, 6, 0, 0))),
		    FAULT_BAD_INPUT },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], TIMES(7, 0, 8, 0))),
		    FAULT_BAD_INPUT },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], TIMES(7, 8, 7, 0))),
		    FAULT_BAD_INPUT },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], TIMES(7, 8, 9, 8))),
		    FAULT_BAD_INPUT },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], TIMES(7, 0, 0, 7))), 0 },
		{ payload_of("991015", "1", key_text(keys[0], keys[0], "\"announced_ms\":7")),
		    FAULT_BAD_INPUT },
		{ payload_of("991015", "1", "{\"kid\":\"00\",\"point\":\"AAAA\"," USED(7) "}"),
		    FAULT_BAD_INPUT },
		{ "{\"v\":2,\"muni\":\"991015\",\"seq\":1,\"keys\":[]}", FAULT_BAD_INPUT },
		{ "[]", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct keydir d = { .seq = -1 };
		int r = parse(jws_of(t[i].payload, root, "kofu-keys"), &d);
		if (r != t[i].want)
			fail_msg("%zu: %d: %s", i, r, t[i].payload);
		assert_true(r == 0 || d.seq == -1);
	}
}

static void
only_the_root_signs_a_directory(void **state)
{
	const char *payload = payload_of("991015", "1", key_text(keys[0], keys[0], USED(7)));
	struct keydir d;
	(void)state;
	assert_int_equal(parse(jws_of(payload, forger, "kofu-keys"), &d), FAULT_INTEGRITY);
	/* Not even a generation in use; and what the root signs as something else is none. */
	assert_int_equal(parse(jws_of(payload, keys[0], "kofu-keys"), &d), FAULT_INTEGRITY);
	assert_int_equal(parse(jws_of(payload, root, "kofu-audit"), &d), FAULT_INTEGRITY);
	assert_int_equal(parse("", &d), FAULT_BAD_INPUT);
	char *over = arena_zero(a, KEYDIR_MAX_BYTES + 2);
	memset(over, 'A', KEYDIR_MAX_BYTES + 1);
	assert_int_equal(parse(over, &d), FAULT_BAD_INPUT);
}

static void
a_directory_holds_so_many_generations_and_so_many_open(void **state)
{
	struct keydir d = { .muni = muni, .seq = 1 }, got;
	struct key_signer signer = key_as_signer(root);
	struct err err = { 0 };
	struct buf b;
	(void)state;
	for (unsigned i = 0; i < KEYDIR_MAX_KEYS; i++) {
		struct keydir_key *k = keydir_help_add(&d, keys[i], first_ms + i);
		if (i < KEYDIR_MAX_KEYS - KEYDIR_MAX_OPEN)
			k->retired_ms = k->revoked_ms = INT64_MAX / 2; /* the longest text */
	}
	buf_init(&b, KEYDIR_MAX_BYTES);
	assert_int_equal(keydir_format(&d, &signer, 1, &b, &err), 0);
	buf_done(&b);
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
	struct keydir_text t;
	assert_int_equal(keydir_read(a, tmp_path(a, "991015.json"), &t, &err), 0);
	assert_int_equal(parse(t.jws[0], &got), 0);
	assert_int_equal(got.n, KEYDIR_MAX_KEYS);
	d.key[0].retired_ms = d.key[0].revoked_ms = 0; /* one open too many */
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
	assert_int_equal(keydir_read(a, tmp_path(a, "991015.json"), &t, &err), 0);
	assert_int_equal(parse(t.jws[0], &got), FAULT_BAD_INPUT);
	const char *list = "";
	for (unsigned i = 0; i < N_KEYS; i++)
		list = arena_printf(
		    a, "%s%s%s", list, i ? "," : "", key_text(keys[i], keys[i], TIMES(7, 0, 0, 7)));
	assert_int_equal(parse(jws_of(payload_of("991015", "1", list), root, "kofu-keys"), &got),
	    FAULT_BAD_INPUT);
}

static void
a_signature_is_good_in_its_generations_time(void **state)
{
	struct keydir d = three();
	static const struct {
		unsigned i;
		int64_t after_ms; /* of the first announcement */
		int want;
	} t[] = {
		{ 0, 0, 0 }, { 0, -KEYDIR_SLACK_MS, 0 },
		{ 0, -KEYDIR_SLACK_MS - 1, KEYDIR_E_NOT_THEN }, { 0, 3000 + KEYDIR_SLACK_MS, 0 },
		{ 0, 3000 + KEYDIR_SLACK_MS + 1, KEYDIR_E_NOT_THEN }, { 1, INT32_MAX, 0 },
		{ 2, 2000, 0 }, /* announced: whoever uses it has a newer directory */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(keydir_judge(&d.key[t[i].i], first_ms + t[i].after_ms), t[i].want);
	d.key[1].revoked_ms = first_ms + 9000;
	assert_int_equal(keydir_judge(&d.key[1], first_ms + 1000), KEYDIR_E_REVOKED);
	const struct key_id stranger = id_of(keys[7]);
	assert_null(keydir_find(&d, &stranger));
}

static void
the_newest_used_one_that_is_known_signs(void **state)
{
	struct keydir d = three();
	const struct key_id ids[] = { id_of(keys[0]), id_of(keys[1]), id_of(keys[2]),
		id_of(keys[7]) };
	(void)state;
	assert_int_equal(keydir_pick(&d, NULL, 0), 1);
	assert_int_equal(keydir_pick(&d, ids, 4), 1);
	assert_int_equal(keydir_pick(&d, ids, 1), -1); /* a session that knows the retired one */
	assert_int_equal(keydir_pick(&d, &ids[3], 1), -1);
	d.key[2].used_ms = first_ms + 4000;
	assert_int_equal(keydir_pick(&d, NULL, 0), 2);
	assert_int_equal(keydir_pick(&d, ids, 2), 1); /* begun before the third was announced */
	d.key[2].revoked_ms = first_ms + 5000;
	assert_int_equal(keydir_pick(&d, NULL, 0), 1);
	d.key[1].revoked_ms = first_ms + 5000;
	assert_int_equal(keydir_pick(&d, NULL, 0), -1);
}

/* --- what the operator may do --- */

enum { OVERLAP_MS = 60000 };
static struct keydir made; /* by announce(): generation 1 in use */

static int
announce(unsigned i, int64_t after_ms)
{
	struct key_point p = keydir_help_point(keys[i]);
	return generation_announce(&made, &p, first_ms + after_ms);
}

static void
begin(void)
{
	made = (struct keydir){ .muni = muni };
	assert_int_equal(announce(0, 0), 0);
	assert_int_equal(generation_use(&made, 1, first_ms, OVERLAP_MS), 0);
	assert_int_equal(made.seq, 2);
}

static void
a_generation_is_announced_first_and_used_later(void **state)
{
	const int64_t at_ms = first_ms + 1000;
	(void)state;
	begin();
	assert_int_equal(announce(1, 1000), 0);
	assert_int_equal(generation_use(&made, 0, at_ms, OVERLAP_MS), GENERATION_E_UNKNOWN);
	assert_int_equal(generation_use(&made, 3, at_ms, OVERLAP_MS), GENERATION_E_UNKNOWN);
	assert_int_equal(generation_use(&made, 1, at_ms, OVERLAP_MS), GENERATION_E_STATE);
	assert_int_equal(
	    generation_use(&made, 2, at_ms + OVERLAP_MS - 1, OVERLAP_MS), GENERATION_E_EARLY);
	assert_int_equal(keydir_pick(&made, NULL, 0), 0);
	assert_int_equal(made.seq, 3);
	assert_int_equal(generation_use(&made, 2, at_ms + OVERLAP_MS, OVERLAP_MS), 0);
	assert_int_equal(keydir_pick(&made, NULL, 0), 1);
	assert_int_equal(made.seq, 4);
}

static void
the_last_that_signs_is_not_retired(void **state)
{
	(void)state;
	begin();
	assert_int_equal(generation_retire(&made, 1, first_ms), GENERATION_E_LAST);
	assert_int_equal(announce(1, 0), 0);
	assert_int_equal(generation_retire(&made, 1, first_ms), GENERATION_E_LAST);
	assert_int_equal(generation_retire(&made, 2, first_ms), GENERATION_E_STATE);
	assert_int_equal(generation_use(&made, 2, first_ms + OVERLAP_MS, OVERLAP_MS), 0);
	assert_int_equal(generation_retire(&made, 1, first_ms + OVERLAP_MS), 0);
	assert_int_equal(generation_retire(&made, 1, first_ms), GENERATION_E_STATE);
	assert_int_equal(generation_use(&made, 1, first_ms, 0), GENERATION_E_STATE);
	assert_int_equal(keydir_judge(&made.key[0], first_ms), 0);
}

/* A stolen key: at once, and the next may sign at once too, as nothing else does. */
static void
a_revocation_waits_for_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(generation_revoke(&made, 2, first_ms), GENERATION_E_UNKNOWN);
	assert_int_equal(generation_revoke(&made, 1, first_ms + 10), 0);
	assert_int_equal(generation_revoke(&made, 1, first_ms + 11), GENERATION_E_STATE);
	assert_int_equal(keydir_pick(&made, NULL, 0), -1);
	assert_int_equal(announce(1, 20), 0);
	assert_int_equal(generation_use(&made, 2, first_ms + 20, OVERLAP_MS), 0);
	assert_int_equal(keydir_pick(&made, NULL, 0), 1);
}

static void
generations_have_two_limits(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 1; i < KEYDIR_MAX_OPEN; i++)
		assert_int_equal(announce(i, i), 0);
	assert_int_equal(announce(KEYDIR_MAX_OPEN, 99), GENERATION_E_FULL);
	assert_int_equal(made.n, KEYDIR_MAX_OPEN);
	for (unsigned i = KEYDIR_MAX_OPEN; i < KEYDIR_MAX_KEYS; i++) {
		assert_int_equal(generation_revoke(&made, made.n, first_ms + 100), 0);
		assert_int_equal(announce(i, 100), 0);
	}
	assert_int_equal(generation_revoke(&made, made.n, first_ms + 100), 0);
	assert_int_equal(announce(KEYDIR_MAX_KEYS, 100), GENERATION_E_FULL);
}

/* The clock was set back between two commands: the directory stays one that can be read. */
static void
a_clock_that_goes_back_breaks_no_order(void **state)
{
	struct keydir got;
	struct keydir_text t;
	struct err err = { 0 };
	(void)state;
	begin();
	assert_int_equal(announce(1, -5000), 0);
	assert_int_equal(generation_use(&made, 2, first_ms - 9000, 0), GENERATION_E_EARLY);
	assert_int_equal(generation_use(&made, 2, first_ms, 0), 0);
	assert_int_equal(generation_retire(&made, 1, first_ms - 9000), 0);
	assert_int_equal(generation_revoke(&made, 1, first_ms - 9000), 0);
	assert_int_equal(keydir_help_write(a, tmp_folder, &made, root), 0);
	assert_int_equal(keydir_read(a, tmp_path(a, "991015.json"), &t, &err), 0);
	assert_int_equal(parse(t.jws[0], &got), 0);
}

/* What outlives a verifier, played: the greatest number, or out of reach. */
struct memory {
	int64_t greatest;
	bool away;
};

static int
memory_note(void *self, struct muni_code code, int64_t seq, int64_t *ret_greatest, struct err *err)
{
	struct memory *m = self;
	assert_string_equal(code.s, muni.s);
	if (m->away)
		return err_raise(err, FAULT_UNAVAILABLE, "memory", 0);
	m->greatest = seq > m->greatest ? seq : m->greatest;
	*ret_greatest = m->greatest;
	return 0;
}

/* The file of that number, another inode each time: it is looked at again. */
static void
directory_put(int64_t seq)
{
	struct keydir d = three();
	d.seq = seq;
	assert_int_equal(unlink(tmp_path(a, "991015.json")) == 0 || errno == ENOENT, true);
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
}

static void
a_directory_older_than_one_that_was_in_force_is_none_after_a_restart_either(void **state)
{
	struct memory m = { 0 };
	const struct keydir_memory memory = { memory_note, &m };
	const struct keydir_roots p = believed();
	struct keydir_file f, again;
	struct err err = { 0 };
	const char *path = tmp_path(a, "991015.json");
	(void)state;
	directory_put(6);
	assert_int_equal(keydir_file_open(&f, path, muni, &p, &err), 0);
	assert_int_equal(keydir_file_remember(&f, &memory, &err), 0);
	assert_int_equal(m.greatest, 6);
	directory_put(7);
	assert_int_equal(keydir_file_look(&f, &err), KEYDIR_E_NEW);
	assert_int_equal(m.greatest, 7);
	directory_put(6); /* and a program that starts with it */
	assert_int_equal(keydir_file_open(&again, path, muni, &p, &err), 0);
	assert_int_equal(keydir_file_remember(&again, &memory, &err), FAULT_INTEGRITY);
	assert_string_equal(err.trail[0].what, "older than one that was in force");
	directory_put(7);
	assert_int_equal(keydir_file_open(&again, path, muni, &p, &err), 0);
	assert_int_equal(keydir_file_remember(&again, &memory, &err), 0);
	/* Another verifier had a later one meanwhile: what comes between is none here either. */
	m.greatest = 9;
	directory_put(8);
	assert_int_equal(keydir_file_look(&again, &err), FAULT_INTEGRITY);
	assert_int_equal(again.dir.seq, 7);
	directory_put(9);
	assert_int_equal(keydir_file_look(&again, &err), KEYDIR_E_NEW);
	/* A revocation acts although the memory is away; it is noted when that is back. */
	m.away = true;
	directory_put(10);
	assert_int_equal(keydir_file_look(&again, &err), KEYDIR_E_NEW);
	assert_int_equal(m.greatest, 9);
	m.away = false;
	assert_int_equal(keydir_file_look(&again, &err), 0);
	assert_int_equal(m.greatest, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_comes_back_as_it_was_written),
		cmocka_unit_test(directories_that_break_the_form_are_refused),
		cmocka_unit_test(only_the_root_signs_a_directory),
		cmocka_unit_test(a_directory_holds_so_many_generations_and_so_many_open),
		cmocka_unit_test(a_signature_is_good_in_its_generations_time),
		cmocka_unit_test(the_newest_used_one_that_is_known_signs),
		cmocka_unit_test(a_generation_is_announced_first_and_used_later),
		cmocka_unit_test(the_last_that_signs_is_not_retired),
		cmocka_unit_test(a_revocation_waits_for_nothing),
		cmocka_unit_test(generations_have_two_limits),
		cmocka_unit_test(a_clock_that_goes_back_breaks_no_order),
		cmocka_unit_test(
		    a_directory_older_than_one_that_was_in_force_is_none_after_a_restart_either),
	};
	return cmocka_run_group_tests_name("keydir", tests, up, down);
}
