/* SPDX-License-Identifier: Apache-2.0 */
/* Where the digits of a PIN lie while they are typed. */
#include "tests/unit/unit.h"

#include "kiosk/card/card.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the kernel says of the page that holds the digits: locked, not dumped, empty in a child. */
static void
a_pin_lies_in_locked_memory_that_no_dump_and_no_child_has(void **state)
{
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	unsigned long from = 0, to = 0;
	char line[512];
	char flags[512] = "";
	bool here = false;
	(void)state;
	assert_non_null(pin);
	for (unsigned digit = 1; digit <= 4; digit++)
		(void)card_pin_push(pin, digit);
	FILE *f = fopen("/proc/self/smaps", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)pin >= from && (uintptr_t)pin < to;
		if (here && strncmp(line, "VmFlags:", 8) == 0)
			memcpy(flags, line, sizeof(flags));
	}
	(void)fclose(f);
#ifndef __SANITIZE_ADDRESS__ /* under which mlock() does nothing */
	assert_non_null(strstr(flags, " lo"));
#endif
	assert_non_null(strstr(flags, " dd"));
	assert_non_null(strstr(flags, " wf"));
	pid_t child = fork();
	if (child == 0)
		_exit(card_pin_digits(pin) == 0 ? 0 : 1);
	int status = 1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(card_pin_digits(pin), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_lies_in_locked_memory_that_no_dump_and_no_child_has),
	};
	return cmocka_run_group_tests_name("card_pin", tests, NULL, NULL);
}
