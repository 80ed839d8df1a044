/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/print_fake.h"

#include "base/bytes.h"
#include "base/file.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAKE_HEAD_MAX = 8192, FAKE_BODY_MAX = 1 << 20 };

void
fake_good(struct fake *f)
{
	int listener = f->listener;
	unsigned port = f->port;
	unsigned long thread = f->thread;
	*f = (struct fake){ .create = IPP_STATUS_OK,
		.job_id = 7,
		.job_state = IPP_JSTATE_COMPLETED,
		.printer_state = IPP_PSTATE_IDLE,
		.up_time_s = 100000,
		.reasons = { "none" },
		.listener = listener,
		.port = port,
		.thread = thread };
}

struct memory {
	const uint8_t *p;
	size_t bytes;
};

static ssize_t
memory_read(void *ctx, ipp_uchar_t *buffer, size_t bytes)
{
	struct memory *m = ctx;
	size_t n = bytes < m->bytes ? bytes : m->bytes;
	memcpy(buffer, m->p, n);
	m->p += n;
	m->bytes -= n;
	return (ssize_t)n;
}

static ssize_t
buf_write(void *ctx, ipp_uchar_t *buffer, size_t bytes)
{
	buf_put(ctx, buffer, bytes);
	return (ssize_t)bytes;
}

static void
fake_copy(char *to, size_t room, ipp_t *req, const char *name)
{
	ipp_attribute_t *attr = ippFindAttribute(req, name, IPP_TAG_ZERO);
	const char *s = attr ? ippGetString(attr, 0, NULL) : NULL;
	(void)snprintf(to, room, "%s", s ? s : "");
}

static void
fake_see_create(struct fake *f, ipp_t *req)
{
	ipp_attribute_t *fidelity =
	    ippFindAttribute(req, "ipp-attribute-fidelity", IPP_TAG_BOOLEAN);
	f->n_create++;
	f->fidelity = fidelity != NULL && ippGetBoolean(fidelity, 0) != 0;
	f->copies = ippGetInteger(ippFindAttribute(req, "copies", IPP_TAG_INTEGER), 0);
	fake_copy(f->sides, sizeof(f->sides), req, "sides");
	fake_copy(f->media, sizeof(f->media), req, "media");
	fake_copy(f->scaling, sizeof(f->scaling), req, "print-scaling");
	fake_copy(f->job_name, sizeof(f->job_name), req, "job-name");
	fake_copy(f->user, sizeof(f->user), req, "requesting-user-name");
}

static void
fake_add_printer(const struct fake *f, ipp_t *answer)
{
	int n = 0;
	while (n < 4 && f->reasons[n] != NULL)
		n++;
	if (f->printer_state != 0)
		ippAddInteger(
		    answer, IPP_TAG_PRINTER, IPP_TAG_ENUM, "printer-state", f->printer_state);
	ippAddStrings(
	    answer, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "printer-state-reasons", n, NULL, f->reasons);
	if (f->up_time_s != 0)
		ippAddInteger(
		    answer, IPP_TAG_PRINTER, IPP_TAG_INTEGER, "printer-up-time", f->up_time_s);
	ippAddBoolean(answer, IPP_TAG_PRINTER, "printer-is-accepting-jobs", (char)!f->refuses_jobs);
}

static bool
fake_job_is_over(const struct fake_job *j)
{
	return j->state >= IPP_JSTATE_CANCELED;
}

static void
fake_add_jobs(const struct fake *f, ipp_t *req, ipp_t *answer)
{
	ipp_attribute_t *which = ippFindAttribute(req, "which-jobs", IPP_TAG_KEYWORD);
	const char *word = which ? ippGetString(which, 0, NULL) : "";
	bool over = strcmp(word, "completed") == 0;
	bool first = true;
	for (size_t i = 0; i < N_ELEMENTS(f->jobs); i++) {
		const struct fake_job *j = &f->jobs[i];
		if (j->id == 0 || fake_job_is_over(j) != over)
			continue;
		if (!first)
			ippAddSeparator(answer);
		first = false;
		ippAddInteger(answer, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-id", j->id);
		if (j->name != NULL)
			ippAddString(answer, IPP_TAG_JOB, IPP_TAG_NAME, "job-name", NULL, j->name);
		ippAddInteger(answer, IPP_TAG_JOB, IPP_TAG_ENUM, "job-state", j->state);
	}
}

/* Fills @answer for the request's operation; returns how to go about it. */
static enum fake_way
fake_answer(struct fake *f, ipp_t *req, size_t document_bytes, ipp_t *answer)
{
	switch (ippGetOperation(req)) {
	case IPP_OP_CREATE_JOB:
		fake_see_create(f, req);
		ippSetStatusCode(answer, f->create);
		if (f->job_id != 0)
			ippAddInteger(answer, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-id", f->job_id);
		return f->create_way;
	case IPP_OP_SEND_DOCUMENT:
		f->n_send++;
		f->document_bytes = document_bytes;
		ippSetStatusCode(answer, f->send);
		return f->send_way;
	case IPP_OP_GET_JOB_ATTRIBUTES:
		ippSetStatusCode(answer, f->poll);
		if (f->job_state != 0)
			ippAddInteger(answer, IPP_TAG_JOB, IPP_TAG_ENUM, "job-state", f->job_state);
		ippAddInteger(answer, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-impressions-completed",
		    f->impressions);
		return f->poll_way;
	case IPP_OP_GET_JOBS:
		ippSetStatusCode(answer, f->list);
		fake_add_jobs(f, req, answer);
		return f->list_way;
	case IPP_OP_CANCEL_JOB:
		f->n_cancel++;
		ippSetStatusCode(answer, f->cancel);
		return FAKE_ANSWER;
	default:
		ippSetStatusCode(answer, f->check);
		fake_add_printer(f, answer);
		return f->check_way;
	}
}

static bool
fake_read_head(int fd, char *head)
{
	size_t n = 0;
	while (n < FAKE_HEAD_MAX - 1 && read(fd, head + n, 1) == 1) {
		head[++n] = '\0';
		if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static void
fake_write(int fd, const void *p, size_t bytes)
{
	struct err err = { 0 };
	int r = fd_write_all(fd, p, bytes, &err);
	(void)r; /* the client may have hung up, too */
}

static void
fake_reply(int fd, enum fake_way way, ipp_t *answer)
{
	struct buf body;
	char head[128];
	buf_init(&body, FAKE_BODY_MAX);
	if (way == FAKE_GARBAGE)
		buf_text(&body, "out of order");
	else
		(void)ippWriteIO(&body, buf_write, 1, NULL, answer);
	int n = snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: %zu\r\n\r\n",
	    body.bytes);
	fake_write(fd, head, (size_t)n);
	fake_write(fd, body.p, body.bytes);
	buf_done(&body);
}

/* One request. False when the connection is over. */
static bool
fake_serve_one(struct fake *f, int fd, uint8_t *body)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	char head[FAKE_HEAD_MAX];
	struct err err = { 0 };
	if (!fake_read_head(fd, head))
		return false;
	const char *len = strcasestr(head, "Content-Length: ");
	size_t bytes = len == NULL ? 0 : strtoul(len + 16, NULL, 10);
	if (bytes == 0 || bytes > FAKE_BODY_MAX)
		return false;
	if (strcasestr(head, "100-continue") != NULL)
		fake_write(fd, go_on, sizeof(go_on) - 1);
	if (f->send_way == FAKE_CLOSE_EARLY && f->n_create > 0 && bytes > 4096)
		return false;
	if (fd_read_all(fd, body, bytes, &err) != 0)
		return false;
	struct memory m = { body, bytes };
	ipp_t *req = ippNew();
	bool ok = ippReadIO(&m, memory_read, 1, NULL, req) == IPP_STATE_DATA;
	ipp_t *answer = ok ? ippNewResponse(req) : NULL;
	enum fake_way way = ok ? fake_answer(f, req, m.bytes, answer) : FAKE_CLOSE;
	ok = way == FAKE_ANSWER || way == FAKE_GARBAGE;
	if (ok)
		fake_reply(fd, way, answer);
	ippDelete(answer);
	ippDelete(req);
	return ok;
}

static void *
fake_run(void *arg)
{
	struct fake *f = arg;
	uint8_t *body = calloc(1, FAKE_BODY_MAX);
	for (int fd; body != NULL && (fd = accept(f->listener, NULL, NULL)) >= 0;) {
		while (fake_serve_one(f, fd, body))
			;
		fd_close(fd);
	}
	free(body);
	return NULL;
}

void
fake_start(struct fake *f)
{
	fake_good(f);
	f->listener = tool_listen(0, &f->port);
	pthread_t thread;
	if (pthread_create(&thread, NULL, fake_run, f) != 0)
		tool_die("no thread");
	f->thread = thread;
}

void
fake_stop(struct fake *f)
{
	(void)shutdown(f->listener, SHUT_RDWR); /* accept() returns */
	(void)pthread_join(f->thread, NULL);
	fd_close(f->listener);
}
