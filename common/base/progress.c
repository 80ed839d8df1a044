/* SPDX-License-Identifier: Apache-2.0 */
#include "base/progress.h"
#include "base/clock.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BAR = 24 };

void
progress_start(struct progress *p, uint64_t first, uint64_t all)
{
	*p = (struct progress){ .all = all, .first = first, .start_ms = clock_mono_ms() };
	p->drawn = isatty(STDERR_FILENO) == 1 ? 0 : -1;
}

void
progress_format(
    const struct progress *p, uint64_t done, int64_t elapsed_ms, char out[PROGRESS_LINE_BYTES])
{
	char bar[BAR + 1];
	uint64_t now = done - p->first;
	uint64_t rate = elapsed_ms > 0 ? now * 1000 / (uint64_t)elapsed_ms : 0;
	if (p->all == 0 || done > p->all) {
		(void)snprintf(out, PROGRESS_LINE_BYTES, "%llu  %llu/s", (unsigned long long)done,
		    (unsigned long long)rate);
		return;
	}
	for (unsigned i = 0; i < BAR; i++)
		bar[i] = i < done * BAR / p->all ? '#' : '-';
	bar[BAR] = '\0';
	int n = snprintf(out, PROGRESS_LINE_BYTES, "[%s] %3llu %%  %llu of %llu  %llu/s", bar,
	    (unsigned long long)(done * 100 / p->all), (unsigned long long)done,
	    (unsigned long long)p->all, (unsigned long long)rate);
	if (rate > 0 && n > 0 && n < PROGRESS_LINE_BYTES)
		(void)snprintf(out + n, (size_t)(PROGRESS_LINE_BYTES - n), "  %llu s left",
		    (unsigned long long)((p->all - done + rate - 1) / rate));
}

static void
draw(struct progress *p, uint64_t done)
{
	char line[PROGRESS_LINE_BYTES];
	progress_format(p, done, clock_mono_ms() - p->start_ms, line);
	fprintf(stderr, "\r\033[K%s", line);
	p->drawn = 1;
}

void
progress_at(struct progress *p, uint64_t done)
{
	int64_t now_ms = clock_mono_ms();
	if (p->drawn < 0 || now_ms < p->next_ms)
		return;
	p->next_ms = now_ms + PROGRESS_EVERY_MS;
	draw(p, done);
}

int64_t
progress_end(struct progress *p, uint64_t done)
{
	if (p->drawn > 0) {
		draw(p, done);
		fputc('\n', stderr);
	}
	return clock_mono_ms() - p->start_ms;
}

unsigned
progress_peak_mb(void)
{
	struct rusage u = { 0 };
	(void)getrusage(RUSAGE_SELF, &u);
	return (unsigned)((u.ru_maxrss + 1023) / 1024);
}
