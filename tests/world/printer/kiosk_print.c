/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-kiosk-print - kiosk/print from the command line, for tests on a virtual printer.
 *
 *   world-kiosk-print URI check               the printer's state
 *   world-kiosk-print URI abilities
 *   world-kiosk-print URI send FILE NAME      "job N"
 *   world-kiosk-print URI print FILE NAME MS  sends, then a line for each change until it is over
 *   world-kiosk-print URI poll|cancel JOB
 *   world-kiosk-print URI find NAME SECONDS   "job N", as after a restart
 *
 * Prints the outcome's name at the end; exit status 0 when it is 0 (and the job
 * completed), else 3. A fault prints its trail and ends with 4.
 */
#include "base/clock.h"
#include "base/log.h"
#include "kiosk/print/print.h"
#include "tests/world/tool/tool.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char USAGE[] =
    "usage: world-kiosk-print URI check | abilities | send FILE NAME | print FILE NAME MS |\n"
    "           poll JOB | cancel JOB | find NAME SECONDS\n";
enum { POLL_MS = 30, JOB_MAX = 2147483647, WAIT_MS_MAX = 600000 };

static int
kp_send(struct print_printer *p, struct arena *a, char **argv, int *ret_job, struct err *err)
{
	struct print_doc doc = { .job_name = argv[1], .duplex = true };
	doc.pdf = tool_read(a, argv[0], &doc.bytes);
	int o = print_send(p, &doc, ret_job, err);
	if (o == 0)
		printf("job %d\n", *ret_job);
	return o;
}

static void
kp_nap(void)
{
	struct timespec t = { .tv_nsec = POLL_MS * 1000000L };
	(void)nanosleep(&t, NULL);
}

/* Prints each state once. 0 when it completed, -1 when it ended otherwise or not in time. */
static int
kp_follow(struct print_printer *p, int job, int64_t until_ms, int *ret_how, struct err *err)
{
	struct print_status was = { .job = (enum print_job_state) - 1 }, now;
	*ret_how = -1;
	while (clock_mono_ms() < until_ms) {
		int o = print_poll(p, job, &now, err);
		if (o != 0)
			return o;
		if (now.job != was.job || now.printer != was.printer)
			printf("%s %s\n", print_job_state_name(now.job),
			    print_state_name(now.printer));
		fflush(stdout);
		was = now;
		if (print_job_is_over(now.job)) {
			*ret_how = now.job == PRINT_JOB_COMPLETED ? 0 : -1;
			return 0;
		}
		kp_nap();
	}
	puts("not in time");
	return 0;
}

static int
kp_print(struct print_printer *p, struct arena *a, char **argv, int *ret_how, struct err *err)
{
	int job = 0;
	int64_t until_ms = clock_mono_ms() + tool_number(argv[2], 1, WAIT_MS_MAX, "ms");
	int o = kp_send(p, a, argv, &job, err);
	while (o == PRINT_E_BUSY && clock_mono_ms() < until_ms) { /* wait, then again */
		kp_nap();
		o = kp_send(p, a, argv, &job, err);
	}
	return o == 0 ? kp_follow(p, job, until_ms, ret_how, err) : o;
}

static int
kp_state(struct print_printer *p, struct err *err)
{
	enum print_state s;
	int o = print_check(p, &s, err);
	if (o == 0)
		puts(print_state_name(s));
	return o;
}

static int
kp_poll(struct print_printer *p, int job, struct err *err)
{
	struct print_status s;
	int o = print_poll(p, job, &s, err);
	if (o == 0)
		printf("%s %s %u\n", print_job_state_name(s.job), print_state_name(s.printer),
		    s.sides_out);
	return o;
}

static int
kp_find(struct print_printer *p, char **argv, struct err *err)
{
	int job = 0;
	int o = print_find(p, argv[0], tool_number(argv[1], 0, WAIT_MS_MAX, "seconds"), &job, err);
	if (o == 0)
		printf("job %d\n", job);
	return o;
}

static int
kp_command(
    struct print_printer *p, struct arena *a, int argc, char **argv, int *ret_how, struct err *err)
{
	int job = 0;
	if (argc == 1 && strcmp(argv[0], "check") == 0)
		return kp_state(p, err);
	if (argc == 1 && strcmp(argv[0], "abilities") == 0)
		return print_check_abilities(p, err);
	if (argc == 3 && strcmp(argv[0], "send") == 0)
		return kp_send(p, a, argv + 1, &job, err);
	if (argc == 4 && strcmp(argv[0], "print") == 0)
		return kp_print(p, a, argv + 1, ret_how, err);
	if (argc == 3 && strcmp(argv[0], "find") == 0)
		return kp_find(p, argv + 1, err);
	if (argc == 2 && strcmp(argv[0], "poll") == 0)
		return kp_poll(p, (int)tool_number(argv[1], 1, JOB_MAX, "job"), err);
	if (argc == 2 && strcmp(argv[0], "cancel") == 0)
		return print_cancel(p, (int)tool_number(argv[1], 1, JOB_MAX, "job"), err);
	tool_usage(USAGE);
}

int
main(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	AUTO(print_printer) struct print_printer *p = NULL;
	struct err err = { 0 };
	int how = 0;
	if (argc < 3)
		tool_usage(USAGE);
	int o = print_open(argv[1], NULL, &p, &err);
	if (o == 0)
		o = kp_command(p, a, argc - 2, argv + 2, &how, &err);
	if (o < 0) {
		log_fault("kiosk-print", (struct txn_id){ 0 }, &err);
		return 4;
	}
	puts(o == 0 ? "ok" : print_outcome_name(o));
	return o == 0 && how == 0 ? 0 : 3;
}
