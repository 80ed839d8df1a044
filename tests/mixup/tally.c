/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/tally.h"
#include "base/clock.h"
#include "tests/mixup/truth.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BUSY_MAX_MS = 10000 };
struct row {
	char group[24], name[TALLY_NAME_MAX];
	unsigned n;
};
static struct {
	pthread_mutex_t lock;
	struct row row[TALLY_MAX_NAMES];
	unsigned n_rows, findings, wrong_pages, first_order;
	char check[TALLY_NAME_MAX], what[TALLY_NAME_MAX];
	struct {
		int64_t last_answer_ms, first_stop_ms;
		unsigned answers, stops;
	} city[TRUTH_MAX_CITIES];
	unsigned n_busy, busy[BUSY_MAX_MS + 1]; /* by milliseconds */
} t = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct row *
row_of(const char *group, const char *name)
{
	for (unsigned i = 0; i < t.n_rows; i++)
		if (strcmp(t.row[i].group, group) == 0 && strcmp(t.row[i].name, name) == 0)
			return &t.row[i];
	if (t.n_rows == TALLY_MAX_NAMES)
		return &t.row[TALLY_MAX_NAMES - 1];
	struct row *r = &t.row[t.n_rows++];
	(void)snprintf(r->group, sizeof(r->group), "%s", group);
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

void
tally_add(const char *group, const char *name)
{
	(void)pthread_mutex_lock(&t.lock);
	row_of(group, name)->n++;
	(void)pthread_mutex_unlock(&t.lock);
}

unsigned
tally_of(const char *group, const char *name)
{
	(void)pthread_mutex_lock(&t.lock);
	unsigned n = row_of(group, name)->n;
	(void)pthread_mutex_unlock(&t.lock);
	return n;
}

void
tally_finding(const char *check, const char *what, unsigned order, bool page)
{
	(void)pthread_mutex_lock(&t.lock);
	if (t.findings++ == 0) {
		t.first_order = order;
		(void)snprintf(t.check, sizeof(t.check), "%s", check);
		(void)snprintf(t.what, sizeof(t.what), "%s", what);
	}
	t.wrong_pages += page;
	row_of("finding", check)->n++;
	if (t.findings <= TALLY_MAX_SHOWN)
		fprintf(stderr, "FOUND at order %u by %s: %s\n", order, check, what);
	(void)pthread_mutex_unlock(&t.lock);
}

unsigned
tally_findings(void)
{
	(void)pthread_mutex_lock(&t.lock);
	unsigned n = t.findings;
	(void)pthread_mutex_unlock(&t.lock);
	return n;
}

unsigned
tally_wrong_pages(void)
{
	(void)pthread_mutex_lock(&t.lock);
	unsigned n = t.wrong_pages;
	(void)pthread_mutex_unlock(&t.lock);
	return n;
}

void
tally_answered(unsigned city)
{
	(void)pthread_mutex_lock(&t.lock);
	t.city[city].answers++;
	t.city[city].last_answer_ms = clock_now_ms();
	(void)pthread_mutex_unlock(&t.lock);
}

void
tally_stopped(unsigned city)
{
	(void)pthread_mutex_lock(&t.lock);
	if (t.city[city].stops++ == 0)
		t.city[city].first_stop_ms = clock_now_ms();
	(void)pthread_mutex_unlock(&t.lock);
}

void
tally_busy(int64_t ms)
{
	(void)pthread_mutex_lock(&t.lock);
	t.busy[ms < BUSY_MAX_MS ? ms : BUSY_MAX_MS]++;
	t.n_busy++;
	(void)pthread_mutex_unlock(&t.lock);
}

/* The time within which so many of a thousand were told. */
static unsigned
busy_within_ms(unsigned of_thousand)
{
	uint64_t sum = 0;
	for (unsigned ms = 0; ms <= BUSY_MAX_MS; ms++) {
		sum += t.busy[ms];
		if (sum * 1000 >= (uint64_t)t.n_busy * of_thousand)
			return ms;
	}
	return BUSY_MAX_MS;
}

static void
cities_print(void)
{
	printf(",\"cities\":[");
	for (unsigned i = 0; i < TRUTH_MAX_CITIES; i++)
		printf("%s{\"answers\":%u,\"last_answer_ms\":%lld,\"stops\":%u,\"first_stop_ms\":%"
		       "lld}",
		    i > 0 ? "," : "", t.city[i].answers, (long long)t.city[i].last_answer_ms,
		    t.city[i].stops, (long long)t.city[i].first_stop_ms);
	printf("]");
}

static void
group_print(const char *group)
{
	const char *sep = "";
	printf(",\"%s\":{", group);
	for (unsigned i = 0; i < t.n_rows; i++)
		if (strcmp(t.row[i].group, group) == 0) {
			printf("%s\"%s\":%u", sep, t.row[i].name, t.row[i].n);
			sep = ",";
		}
	printf("}");
}

void
tally_print(unsigned orders, double seconds)
{
	(void)pthread_mutex_lock(&t.lock);
	printf("{\"orders\":%u,\"seconds\":%.1f,\"findings\":%u,\"wrong_pages\":%u", orders,
	    seconds, t.findings, t.wrong_pages);
	if (t.findings > 0)
		printf(",\"first\":{\"order\":%u,\"check\":\"%s\",\"what\":\"%s\"}", t.first_order,
		    t.check, t.what);
	static const char *const groups[] = { "paper", "refusal", "trial", "fault", "clerk",
		"finding",
		"news", "moment" };
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		group_print(groups[i]);
	cities_print();
	printf(",\"busy\":{\"n\":%u,\"p50_ms\":%u,\"p99_ms\":%u}", t.n_busy, busy_within_ms(500),
	    busy_within_ms(990));
	printf("}\n");
	(void)fflush(stdout);
	(void)pthread_mutex_unlock(&t.lock);
}
