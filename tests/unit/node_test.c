/* SPDX-License-Identifier: Apache-2.0 */
/* What a node announces, how it is judged, what counts of a configuration: without I/O but files.
 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "base/text.h"
#include "center/router/decide_node.h"
#include "domain/announce.h"
#include "server/confdigest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define LONG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SAID(build, seal, schema, hash, conf)                                                      \
	"{\"v\":1,\"muni\":\"991015\",\"build\":\"" build "\",\"seal\":\"" seal                    \
	"\",\"schema\":" schema ",\"schema_sha256\":\"" hash "\",\"conf_sha256\":\"" conf "\"}"

static void
announcements_out_of_form_are_refused(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ SAID("1058b95be0a2-dirty", "1.0_x+y", "12", HEX64, HEX64), 0 },
		{ SAID(LONG64, "b", "1", HEX64, HEX64), 0 },
		{ SAID(LONG64 "0", "b", "1", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("a", LONG64 "0", "1", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("", "b", "1", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("a b", "b", "1", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("a\\n", "b", "1", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("a", "b", "2147483647", HEX64, HEX64), 0 },
		{ SAID("a", "b", "2147483648", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("a", "b", "0", HEX64, HEX64), FAULT_BAD_INPUT },
		{ SAID("a", "b", "1", HEX64 "00", HEX64), FAULT_BAD_INPUT },
		{ SAID("a", "b", "1", HEX64, "0011"), FAULT_BAD_INPUT },
		{ SAID("a", "b", "1,\"more\":1", HEX64, HEX64), FAULT_BAD_INPUT },
		{ "{\"v\":2}", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
	};
	struct announce a;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (announce_parse(t[i].text, strlen(t[i].text), &a, NULL) != t[i].want)
			fail_msg("row %zu", i);
	char text[ANNOUNCE_MAX_BYTES + 1];
	memset(text, ' ', sizeof(text));
	memcpy(text, t[0].text, strlen(t[0].text));
	assert_int_equal(announce_parse(text, sizeof(text) - 1, &a, NULL), 0);
	assert_int_equal(announce_parse(text, sizeof(text), &a, NULL), FAULT_BAD_INPUT);
}

static void
what_is_put_is_read_back_and_every_member_counts(void **state)
{
	AUTO(json_t) json_t *o = json_object();
	struct announce back, a;
	uint8_t first[32], other[32];
	(void)state;
	const char *text = SAID("1.0", "1.1", "12", HEX64, HEX64);
	assert_int_equal(announce_parse(text, strlen(text), &a, NULL), 0);
	announce_put(&a, o);
	assert_int_equal(announce_read(o, &back, NULL), 0);
	announce_digest(&a, first);
	announce_digest(&back, other);
	assert_memory_equal(first, other, 32);
	struct announce bent[] = { a, a, a, a, a, a };
	memcpy(bent[0].muni.s, "131016", 7);
	bent[1].build[2] = '9';
	bent[2].seal[0] = '9';
	bent[3].schema = 13;
	bent[4].schema_sha256[31] ^= 1;
	bent[5].conf_sha256[0] ^= 1;
	for (size_t i = 0; i < N_ELEMENTS(bent); i++) {
		announce_digest(&bent[i], other);
		assert_memory_not_equal(first, other, 32);
		assert_int_not_equal(node_decide(&a, 1, &bent[i]), NODE_LISTED);
	}
}

static void
a_node_is_taken_by_a_whole_row_and_refused_by_the_first_difference(void **state)
{
	struct announce old = { .muni = { "991015" }, .build = "1", .seal = "1", .schema = 7 };
	struct announce new = { .muni = { "991015" }, .build = "2", .seal = "2", .schema = 8 };
	struct announce listed[] = { old, new };
	struct announce said = old;
	(void)state;
	assert_int_equal(node_decide(NULL, 0, &old), NODE_BUILD);
	assert_int_equal(node_decide(listed, 2, &old), NODE_LISTED);
	assert_int_equal(node_decide(listed, 2, &new), NODE_LISTED);
	/* The old program on the new schema is listed by itself, or it is not listed. */
	said.schema = 8;
	assert_int_equal(node_decide(listed, 2, &said), NODE_SCHEMA);
	said = new;
	memcpy(said.seal, "1", 2);
	assert_int_equal(node_decide(listed, 2, &said), NODE_SEAL);
	said = new;
	said.conf_sha256[5] = 1;
	assert_int_equal(node_decide(listed, 2, &said), NODE_CONF);
	/* What is listed for another municipality says nothing here. */
	said = old;
	memcpy(said.muni.s, "131016", 7);
	assert_int_equal(node_decide(listed, 2, &said), NODE_BUILD);
	for (unsigned v = 0; v < NODE_N_VERDICTS; v++)
		assert_int_equal(node_verdict_is_refusal((enum node_verdict)v), v > NODE_AWAY);
}

static const char *
written(const char *dir, const char *name, const char *text)
{
	static char path[8][128];
	static unsigned at;
	char *p = path[at++ % 8];
	(void)snprintf(p, 128, "%s/%s", dir, name);
	assert_int_equal(file_write_atomic(p, text, strlen(text), 0600, NULL), 0);
	return p;
}

static void
a_profile_counts_by_what_it_says_and_not_by_how_it_is_written(void **state)
{
	char dir[] = "/tmp/kofu-node-XXXXXX";
	uint8_t a[32], b[32];
	(void)state;
	assert_non_null(mkdtemp(dir));
	const char *one = written(dir, "a", "{\"fee\":300,\"name\":\"架空市\",\"k\":[1,2]}");
	const char *same =
	    written(dir, "b", "{ \"name\":\"架空市\",\n \"k\":[1, 2], \"fee\":300 }\n");
	const char *other = written(dir, "c", "{\"fee\":301,\"name\":\"架空市\",\"k\":[1,2]}");
	const char *order = written(dir, "d", "{\"fee\":300,\"name\":\"架空市\",\"k\":[2,1]}");
	assert_int_equal(confdigest_json(one, a, NULL), 0);
	assert_int_equal(confdigest_json(same, b, NULL), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(confdigest_json(other, b, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(confdigest_json(order, b, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(confdigest_json("/nowhere", b, NULL), FAULT_CONFIG);
	assert_int_equal(confdigest_json(written(dir, "e", "{"), b, NULL), FAULT_CONFIG);
	/* The rest goes with the folder. */
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		char path[128];
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(remove(dir), 0);
}

static void
fonts_count_by_their_digests_and_the_citys_own_characters_with_them(void **state)
{
	char dir[] = "/tmp/kofu-node-XXXXXX", path[128];
	struct muni_code own = { "991015" }, other = { "131016" };
	uint8_t a[32], b[32];
	(void)state;
	assert_non_null(mkdtemp(dir));
	const char *here = written(dir, "here.json",
	    "{\"fonts\":[{\"name\":\"x\",\"path\":\"/a\",\"sha256\":\"01\",\"use\":\"main\"}]}");
	const char *there = written(dir, "there.json",
	    "{\"fonts\":[{\"name\":\"y\",\"path\":\"/b\",\"sha256\":\"01\",\"use\":\"main\"}]}");
	const char *second = written(dir, "second.json",
	    "{\"fonts\":[{\"name\":\"x\",\"path\":\"/a\",\"sha256\":\"02\",\"use\":\"main\"}]}");
	assert_int_equal(confdigest_fonts(here, own, a, NULL), 0);
	assert_int_equal(confdigest_fonts(there, own, b, NULL), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(confdigest_fonts(second, own, b, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	(void)snprintf(path, sizeof(path), "%s/991015", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)written(path, "gaiji.ttf", "font");
	assert_int_equal(confdigest_fonts(here, own, b, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(confdigest_fonts(here, other, b, NULL), 0);
	assert_memory_equal(a, b, 32);
	static const char *const names[] = { "991015/gaiji.ttf", "991015", "here.json",
		"there.json", "second.json", "" };
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(remove(path), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announcements_out_of_form_are_refused),
		cmocka_unit_test(what_is_put_is_read_back_and_every_member_counts),
		cmocka_unit_test(
		    a_node_is_taken_by_a_whole_row_and_refused_by_the_first_difference),
		cmocka_unit_test(a_profile_counts_by_what_it_says_and_not_by_how_it_is_written),
		cmocka_unit_test(
		    fonts_count_by_their_digests_and_the_citys_own_characters_with_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
