/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What goes through the pipe in one piece, whoever else writes. */
struct slip {
	uint32_t i;
	uint8_t record[CREW_MAX_RECORD_BYTES];
};
_Static_assert(sizeof(struct slip) <= PIPE_BUF, "slips must not mix");

struct crew {
	const struct crew_job *job;
	int turns[2]; /* numbers of cases not yet begun; as many as a pipe holds fit */
	int slips[2];
	pid_t hand[CREW_MAX_HANDS];
	unsigned n_hands;
};

/* 1, 0 at the end, -1. */
static int
read_whole(int fd, void *p, size_t bytes)
{
	for (size_t at = 0; at < bytes;) {
		ssize_t n = read(fd, (uint8_t *)p + at, bytes - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && at == 0 ? 0 : -1;
		at += (size_t)n;
	}
	return 1;
}

static int
hand_main(struct crew *c)
{
	const struct crew_job *job = c->job;
	const size_t bytes = offsetof(struct slip, record) + job->record_bytes;
	uint32_t i;
	(void)close(c->turns[1]);
	(void)close(c->slips[0]);
	if (!job->start(job->self))
		return 1;
	while (read_whole(c->turns[0], &i, sizeof(i)) == 1) {
		struct slip s = { .i = i };
		job->work(job->self, i, s.record);
		if (write(c->slips[1], &s, bytes) != (ssize_t)bytes)
			return 1;
	}
	job->stop(job->self);
	return 0;
}

static bool
hands_start(struct crew *c)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	n = n < 1 ? 1 : n > CREW_MAX_HANDS ? CREW_MAX_HANDS : n;
	(void)fflush(NULL);
	while (c->n_hands < (unsigned)n && c->n_hands < c->job->n) {
		pid_t pid = fork();
		if (pid < 0)
			return false;
		if (pid == 0)
			_exit(hand_main(c));
		c->hand[c->n_hands++] = pid;
	}
	return true;
}

static bool
hands_end(struct crew *c)
{
	bool ok = true;
	for (unsigned i = 0; i < c->n_hands; i++) {
		int status = 0;
		while (waitpid(c->hand[i], &status, 0) < 0 && errno == EINTR)
			;
		ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return ok;
}

static void
tell(const struct crew_job *job, unsigned done, time_t from, time_t *last)
{
	time_t now = time(NULL);
	if (now - *last < CREW_TELL_S)
		return;
	*last = now;
	printf("# %s: %u of %u after %ld s\n", job->name, done, job->n, (long)(now - from));
	(void)fflush(stdout);
}

static bool
collect(struct crew *c, void *records)
{
	const size_t bytes = c->job->record_bytes;
	time_t from = time(NULL);
	time_t last = from;
	struct slip s;
	for (unsigned done = 0; done < c->job->n; done++) {
		if (read_whole(c->slips[0], &s, offsetof(struct slip, record) + bytes) != 1 ||
		    s.i >= c->job->n)
			return false;
		memcpy((uint8_t *)records + s.i * bytes, s.record, bytes);
		tell(c->job, done + 1, from, &last);
	}
	return true;
}

bool
crew_run(const struct crew_job *job, void *records)
{
	struct crew c = { .job = job };
	if (job->record_bytes > CREW_MAX_RECORD_BYTES || pipe(c.turns) != 0)
		return false;
	if (pipe(c.slips) != 0)
		return false;
	bool ok = hands_start(&c);
	(void)close(c.turns[0]);
	(void)close(c.slips[1]);
	for (uint32_t i = 0; ok && i < job->n; i++)
		ok = write(c.turns[1], &i, sizeof(i)) == sizeof(i);
	(void)close(c.turns[1]);
	ok = ok && collect(&c, records);
	(void)close(c.slips[0]);
	return hands_end(&c) && ok;
}
