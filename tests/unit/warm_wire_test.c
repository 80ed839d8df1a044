/* SPDX-License-Identifier: Apache-2.0 */
/* What kofu-warm is told at its start, and that it gets nothing else. */
#include "unit.h"

#include "base/file.h"
#include "server/issue/template.h"
#include "server/render/form.h"
#include "warm_help.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const struct profile_ground ground = { PROFILE_GROUND_MAX_BALANCE };

static void
tell(struct buf *ret)
{
	struct profile *p = arena_memdup(arena, profiles, sizeof(profiles));
	p->dairi = "見本　代理";
	p->dairi_from = (struct civil_date){ 2026, 1, 5 };
	p->dairi_to = (struct civil_date){ 2026, 2, 28 };
	p->ground = &ground;
	p->kinds[DOC_KISAI].ninsho_part = NULL;
	buf_init(ret, WARM_WIRE_MAX_BYTES);
	warm_conf_encode(&(struct warm_conf){ "fonts/manifest.json", p, 1, true, NULL }, ret);
	assert_true(buf_ok(ret));
}

static void
what_was_told_is_understood(void **state)
{
	struct warm_conf c;
	struct err err = { 0 };
	struct buf told, again;
	(void)state;
	tell(&told);
	assert_int_equal(warm_conf_decode(arena, told.p, told.bytes, &c, &err), 0);
	assert_string_equal(c.fonts_manifest, "fonts/manifest.json");
	assert_true(c.busy);
	assert_int_equal(c.n_profiles, 1);
	const struct profile *p = &c.profiles[0];
	assert_string_equal(p->muni.s, profiles[0].muni.s);
	assert_string_equal(p->dairi, "見本　代理");
	assert_int_equal(p->dairi_to.day, 28);
	assert_int_equal(p->ground->balance, PROFILE_GROUND_MAX_BALANCE);
	assert_memory_equal(p->koin_bits, profiles[0].koin_bits, 500 * 63);
	assert_null(p->kinds[DOC_KISAI].ninsho_part);
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		assert_non_null(p->forms[k]);
	buf_init(&again, WARM_WIRE_MAX_BYTES);
	warm_conf_encode(&c, &again);
	assert_int_equal(again.bytes, told.bytes);
	assert_memory_equal(again.p, told.p, told.bytes);
	buf_done(&again);
	buf_done(&told);
}

static void
another_builds_word_is_refused(void **state)
{
	struct warm_conf c;
	struct err err = { 0 };
	struct buf told;
	(void)state;
	tell(&told);
	told.p[5] ^= 1; /* the build's first letter */
	assert_int_equal(warm_conf_decode(arena, told.p, told.bytes, &c, &err), FAULT_CONFIG);
	buf_done(&told);
}

static void
a_word_too_few_or_too_many_is_refused(void **state)
{
	struct warm_conf c;
	struct buf told;
	(void)state;
	tell(&told);
	for (size_t n = 0; n < told.bytes; n += n < 512 ? 1 : 997) {
		struct err err = { 0 };
		uint8_t *exact = malloc(n + 1); /* for the sanitizer */
		memcpy(exact, told.p, n);
		assert_true(warm_conf_decode(arena, exact, n, &c, &err) < 0);
		free(exact);
	}
	struct err err = { 0 };
	buf_u8(&told, 0);
	assert_int_equal(warm_conf_decode(arena, told.p, told.bytes, &c, &err), FAULT_BAD_INPUT);
	buf_done(&told);
}

static void
without_the_program_nothing_is_started(void **state)
{
	struct warm w;
	struct err err = { 0 };
	(void)state;
	const struct warm_conf c = { "fonts/manifest.json", profiles, 1, false, "/nowhere" };
	assert_int_equal(warm_start(&c, &w, &err), FAULT_INTERNAL);
}

static void
it_has_the_log_and_its_way_to_us_and_no_other_descriptor(void **state)
{
	char path[64];
	unsigned n = 0;
	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", warm.pid);
	DIR *d = opendir(path);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.') {
			assert_true(atoi(e->d_name) <= TEMPLATE_CONTROL_FD);
			n++;
		}
	closedir(d);
	assert_true(n >= 1); /* standard ones may be closed where tests run */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_is_understood),
		cmocka_unit_test(another_builds_word_is_refused),
		cmocka_unit_test(a_word_too_few_or_too_many_is_refused),
		cmocka_unit_test(without_the_program_nothing_is_started),
		cmocka_unit_test(it_has_the_log_and_its_way_to_us_and_no_other_descriptor),
	};
	log_fd = -1;
	return cmocka_run_group_tests_name("warm-wire", tests, warm_begin, warm_end);
}
