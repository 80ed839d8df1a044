/* SPDX-License-Identifier: Apache-2.0 */
/* The center as kiosks and municipalities meet it: the good way, and each refusal by its name. */
#include "tests/center/center_world.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>
#include <unistd.h>

static struct card card_a, card_b;
static uint32_t next_serial = 1000;

static int
before_each(void **state)
{
	(void)state;
	world_calm();
	card_claim(&card_a, CITY_A);
	card_claim(&card_b, CITY_B);
	return 0;
}

static void
one_certificate_goes_the_whole_way(void **state)
{
	struct play p;
	(void)state;
	play_open(&p, 0, &card_a);
	char path[32];
	(void)snprintf(path, sizeof(path), "/v1/keys/%s", CITY_A);
	assert_int_equal(ask(w.kiosk[0], p.arena, "GET", path, NULL, &p.reply), 200);
	assert_non_null(strstr((const char *)p.reply.body, "\"kid\""));
	assert_int_equal(play_order(&p, true), 200);
	assert_string_equal(
	    sql("SELECT state FROM issue_number ORDER BY issued_ms DESC LIMIT 1"), "issued");
	assert_int_equal(play_release(&p), 200);
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "released");
	assert_int_equal(play_outcome(&p, "printed", ""), 200);
	assert_string_equal(
	    sql(arena_printf(
		p.arena, "SELECT state FROM issue_number WHERE number = '%s'", play_number(&p))),
	    "valid");
	assert_string_equal(
	    sql("SELECT state FROM order_log ORDER BY at_ms DESC LIMIT 1"), "reported");
	play_end(&p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_certificate_goes_the_whole_way, before_each),
	};
	if (argc != 2)
		return 2;
	world_init(argv[1]);
	card_a = card_make(next_serial++, JPKI_AUTH, 2, 0);
	card_b = card_make(next_serial++, JPKI_AUTH, 1, 0);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	card_free(&card_a);
	card_free(&card_b);
	world_done();
	return r;
}
