/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-issue - complete orders of the front: card and session checked, snapshot, renderer,
 * kofu-seal, committing transaction, release. No TLS and no center in it. CPU by process.
 *   bench-issue [ORDERS [THREADS]]
 */
#include "tests/db/front_rig.h"

#include "base/clock.h"
#include "base/text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ORDERS_MAX = 100000, THREADS_MAX = 16 };

static atomic_bool ended;

/* The agent's heartbeat. */
static void *
beat(void *arg)
{
	for (unsigned i = 0; !atomic_load(&ended); i++, usleep(100000))
		if (i % 50 == 0)
			rig_sql("UPDATE lease SET beat_ms = (extract(epoch FROM now()) * "
				"1000)::bigint");
	return arg;
}

struct bench {
	pthread_t thread;
	unsigned n, failed, person;
	int *ms10; /* tenths of a millisecond, one each */
};

static int64_t
now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *
bench_run(void *arg)
{
	struct bench *b = arg;
	for (unsigned i = 0; i < b->n; i++) {
		struct rig_session s;
		rig_session(&s, &(struct rig_card){ .person = b->person });
		struct order o = rig_order_of(&s, DOC_JUMINHYO, ORDER_SELF);
		int64_t from_us = now_us();
		struct rig_reply r = rig_order(&s, &o);
		b->ms10[i] = (int)((now_us() - from_us) / 100);
		if (r.result == 0) {
			const char *manifest = rig_text(s.a, &r, "manifest");
			struct rig_reply released = rig_release(&s, &o, manifest);
			b->failed += released.result != 0;
			rig_reply_done(&released);
		} else {
			b->failed++;
		}
		rig_reply_done(&r);
		rig_session_end(&s);
	}
	return NULL;
}

/* User and system time of a process, with its dead children's when @children, in milliseconds. */
static double
cpu_ms(int pid, bool children)
{
	char path[64], line[1024] = "";
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return 0;
	size_t n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	char *at = strrchr(line, ')');
	unsigned long v[16] = { 0 };
	unsigned k = 0;
	for (at = at ? at + 2 : line; k < 16 && at != NULL;
	     k++, at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
		v[k] = strtoul(at, NULL, 10);
	double ticks = (double)(v[11] + v[12] + (children ? v[13] + v[14] : 0));
	return ticks * 1000.0 / (double)sysconf(_SC_CLK_TCK);
}

/* kofu-seal's workers are its living children. */
static double
seal_cpu_ms(void)
{
	char path[64], line[1024] = "";
	double sum = cpu_ms(rig.seal_pid, true);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", rig.seal_pid, rig.seal_pid);
	FILE *f = fopen(path, "r");
	if (f != NULL && fgets(line, sizeof(line), f) != NULL)
		for (char *save = NULL, *p = strtok_r(line, " \n", &save); p;
		     p = strtok_r(NULL, " \n", &save))
			sum += cpu_ms((int)strtol(p, NULL, 10), false);
	if (f != NULL)
		fclose(f);
	return sum;
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
bench(unsigned orders, unsigned threads)
{
	struct bench b[THREADS_MAX];
	int *all = arena_zero_n(rig.a, orders, sizeof(*all));
	unsigned failed = 0, per = orders / threads;
	double self = cpu_ms(getpid(), false), seal = seal_cpu_ms(),
	       render = cpu_ms(rig.warm.pid, true);
	int64_t from_us = now_us();
	for (unsigned i = 0; i < threads; i++) {
		b[i] = (struct bench){ .n = per, .person = i % RIG_PEOPLE, .ms10 = all + i * per };
		assert_int_equal(pthread_create(&b[i].thread, NULL, bench_run, &b[i]), 0);
	}
	for (unsigned i = 0; i < threads; i++) {
		assert_int_equal(pthread_join(b[i].thread, NULL), 0);
		failed += b[i].failed;
	}
	double s = (double)(now_us() - from_us) / 1e6;
	unsigned n = per * threads;
	usleep(100000); /* the template reaps its last children */
	qsort(all, n, sizeof(*all), by_value);
	printf("%u orders, %u threads, %u failed: %.1f orders/s, p50 %.1f ms, p99 %.1f ms\n", n,
	    threads, failed, n / s, all[n / 2] / 10.0, all[n * 99 / 100] / 10.0);
	printf("CPU an order: front and its caller %.2f ms, renderer %.2f ms, kofu-seal %.2f ms\n",
	    (cpu_ms(getpid(), false) - self) / n, (cpu_ms(rig.warm.pid, true) - render) / n,
	    (seal_cpu_ms() - seal) / n);
}

static unsigned orders = 200, threads = 2;

static void
orders_are_measured(void **state)
{
	pthread_t heart;
	(void)state;
	assert_int_equal(pthread_create(&heart, NULL, beat, NULL), 0);
	bench(threads, threads); /* warms connections and vaults */
	bench(orders, threads);
	atomic_store(&ended, true);
	assert_int_equal(pthread_join(heart, NULL), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(
	    orders_are_measured, rig_reset) };
	uint64_t n = orders, t = threads;
	if ((argc > 1 && !text_u64_parse(argv[1], strlen(argv[1]), ORDERS_MAX, &n)) ||
	    (argc > 2 && !text_u64_parse(argv[2], strlen(argv[2]), THREADS_MAX, &t)) || t == 0 ||
	    n < t) {
		fprintf(stderr, "usage: bench-issue [ORDERS [THREADS]]\n");
		return 2;
	}
	orders = (unsigned)n;
	threads = (unsigned)t;
	log_fd = -1;
	return cmocka_run_group_tests_name("bench-issue", tests, rig_up, rig_down);
}
