/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "base/mem.h"
#include "wire/frame.h"
#include "wire/js.h"
#include "wire/transcript.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int
parse(const char *text, size_t bytes)
{
	AUTO(json_t) json_t *j = NULL;
	struct err err = { 0 };
	int r = js_parse(text, bytes, &j, &err);
	assert_true((r == 0) == (j != NULL));
	assert_int_equal(err.fault, r);
	return r;
}

static void
json_that_is_not_strict_is_refused(void **state)
{
	static const struct {
		const char *s;
		int want;
	} t[] = {
		{ "{}", 0 },
		{ " [ 1, 2 ] ", 0 },
		{ "{\"a\":1,\"b\":\"\\u5341\"}", 0 },
		{ "", FAULT_BAD_INPUT },
		{ "1", FAULT_BAD_INPUT }, /* no bare value */
		{ "{}{}", FAULT_BAD_INPUT },
		{ "{} x", FAULT_BAD_INPUT },
		{ "{\"a\":1,\"a\":1}", FAULT_BAD_INPUT },
		{ "{\"a\":1,\"\\u0061\":2}", FAULT_BAD_INPUT },
		{ "{\"a\":1,}", FAULT_BAD_INPUT },
		{ "{'a':1}", FAULT_BAD_INPUT },
		{ "[01]", FAULT_BAD_INPUT },
		{ "[NaN]", FAULT_BAD_INPUT },
		{ "[9223372036854775807]", 0 },
		{ "[9223372036854775808]", FAULT_BAD_INPUT },
		{ "[1e999]", FAULT_BAD_INPUT },
		{ "[\"\\u0000\"]", FAULT_BAD_INPUT },
		{ "[\"\\ud800\"]", FAULT_BAD_INPUT },
		{ "[\"\xED\xA0\x80\"]", FAULT_BAD_INPUT },
		{ "[\"\xC0\x80\"]", FAULT_BAD_INPUT },
		{ "[\"\n\"]", FAULT_BAD_INPUT },
		{ "[\"", FAULT_BAD_INPUT },
		{ "[\"\\", FAULT_BAD_INPUT },
		{ "]]]]]]]]]]]]]]]]]]]]", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(parse(t[i].s, strlen(t[i].s)), t[i].want);
	assert_int_equal(parse("[]\0", 3), FAULT_BAD_INPUT);
}

static void
json_of_the_greatest_depth_and_size_is_read_and_one_more_is_not(void **state)
{
	char nest[2 * JS_MAX_DEPTH + 3] = { 0 };
	(void)state;
	memset(nest, '[', JS_MAX_DEPTH);
	memset(nest + JS_MAX_DEPTH, ']', JS_MAX_DEPTH);
	assert_int_equal(parse(nest, 2 * JS_MAX_DEPTH), 0);
	memset(nest, '[', JS_MAX_DEPTH + 1);
	memset(nest + JS_MAX_DEPTH + 1, ']', JS_MAX_DEPTH + 1);
	assert_int_equal(parse(nest, 2 * JS_MAX_DEPTH + 2), FAULT_BAD_INPUT);
	static const char text[] =
	    "[\"[[[[[[[[[[[[[[[[[[[[\\\"[[\"]"; /* in a text they are no depth */
	assert_int_equal(parse(text, sizeof(text) - 1), 0);

	char *big = mem_zero(JS_MAX_BYTES + 1);
	memset(big, ' ', JS_MAX_BYTES + 1);
	memcpy(big, "{}", 2);
	assert_int_equal(parse(big, JS_MAX_BYTES), 0);
	assert_int_equal(parse(big, JS_MAX_BYTES + 1), FAULT_BAD_INPUT);
	mem_free(big);
}

static void
an_object_has_the_members_of_its_list_and_no_others(void **state)
{
	static const char *const names[] = { "a", "b?", NULL };
	static const struct {
		const char *s;
		int want;
	} t[] = {
		{ "{\"a\":1}", 0 },
		{ "{\"a\":1,\"b\":2}", 0 },
		{ "{\"b\":2}", FAULT_BAD_INPUT },
		{ "{\"a\":1,\"c\":2}", FAULT_BAD_INPUT },
		{ "{\"a\":1,\"b?\":2}", FAULT_BAD_INPUT },
		{ "{\"a\":1,\"b\":2,\"c\":3}", FAULT_BAD_INPUT },
		{ "{}", FAULT_BAD_INPUT },
		{ "[1]", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(json_t) json_t *j = NULL;
		struct err err = { 0 };
		assert_int_equal(js_parse(t[i].s, strlen(t[i].s), &j, &err), 0);
		assert_int_equal(js_members(j, names, &err), t[i].want);
	}
	struct err err = { 0 };
	assert_int_equal(js_members(NULL, names, &err), FAULT_BAD_INPUT); /* not there at all */
}

static const char MEMBERS[] =
    "{\"text\":\"\xF0\xA0\xAE\xB7\",\"n\":10,\"real\":10.0,\"yes\":true,\"list\":[1,2],\"o\":{},"
    "\"hex\":\"00ff\",\"HEX\":\"00FF\",\"b64\":\"AP8\",\"b64bad\":\"AP9\",\"null\":null}";

static void
a_member_of_another_type_or_past_its_limit_is_refused(void **state)
{
	AUTO(json_t) json_t *j = NULL;
	struct err err = { 0 };
	const char *s = NULL;
	const json_t *v = NULL;
	int64_t n = 0;
	bool yes = false;
	(void)state;
	assert_int_equal(js_parse(MEMBERS, strlen(MEMBERS), &j, &err), 0);
	assert_int_equal(js_text(j, "text", 4, &s, &err), 0);
	assert_string_equal(s, "\xF0\xA0\xAE\xB7");
	assert_int_equal(js_text(j, "text", 3, &s, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_text(j, "n", 3, &s, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_text(j, "null", 3, &s, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_text(j, "none", 3, &s, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_int(j, "n", 10, 10, &n, &err), 0);
	assert_int_equal(n, 10);
	assert_int_equal(js_int(j, "n", 0, 9, &n, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_int(j, "n", 11, 20, &n, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_int(j, "real", 0, 20, &n, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_bool(j, "yes", &yes, &err), 0);
	assert_true(yes);
	assert_int_equal(js_bool(j, "n", &yes, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_array(j, "list", 2, &v, &err), 0);
	assert_int_equal(js_array(j, "list", 1, &v, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_array(j, "o", 1, &v, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_object_at(j, "o", &v, &err), 0);
	assert_int_equal(js_object_at(j, "list", &v, &err), FAULT_BAD_INPUT);
}

static void
bytes_in_json_have_one_form_and_a_limit(void **state)
{
	AUTO(arena) struct arena *a = arena_new(4096);
	AUTO(json_t) json_t *j = NULL;
	struct err err = { 0 };
	uint8_t two[2] = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	assert_int_equal(js_parse(MEMBERS, strlen(MEMBERS), &j, &err), 0);
	assert_int_equal(js_hex(j, "hex", two, 2, &err), 0);
	assert_memory_equal(two, "\x00\xFF", 2);
	assert_int_equal(js_hex(j, "hex", two, 1, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_hex(j, "HEX", two, 2, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_hex(j, "n", two, 2, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_b64url(a, j, "b64", 2, &p, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_memory_equal(p, "\x00\xFF", 2);
	assert_int_equal(js_b64url(a, j, "b64", 1, &p, &n, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_b64url(a, j, "b64bad", 2, &p, &n, &err), FAULT_BAD_INPUT);
	assert_int_equal(js_b64url(a, j, "yes", 2, &p, &n, &err), FAULT_BAD_INPUT);
}

static void
json_is_written_compact_in_the_order_it_was_set(void **state)
{
	AUTO(json_t) json_t *j = json_object();
	struct err err = { 0 };
	struct buf out;
	static const char want[] =
	    "{\"z\":\"\xF0\xA0\xAE\xB7/\",\"a\":-1,\"m\":true,\"h\":\"00ff\",\"b\":\"AP8\"}";
	(void)state;
	js_put_text(j, "z", "\xF0\xA0\xAE\xB7/");
	js_put_int(j, "a", -1);
	js_put_bool(j, "m", true);
	js_put_hex(j, "h", "\x00\xFF", 2);
	js_put_b64url(j, "b", "\x00\xFF", 2);
	buf_init(&out, sizeof(want) - 1);
	assert_int_equal(js_format(j, &out, &err), 0);
	assert_int_equal(out.bytes, sizeof(want) - 1);
	assert_memory_equal(out.p, want, out.bytes);
	buf_done(&out);
	buf_init(&out, sizeof(want) - 2);
	assert_int_equal(js_format(j, &out, &err), FAULT_INTERNAL);
	buf_done(&out);
}

/* Each limit below what is needed is a fault; none leaves half a text behind. */
static void
a_text_that_does_not_fit_fails_at_every_limit(void **state)
{
	AUTO(json_t) json_t *j = NULL;
	struct err err = { 0 };
	struct buf b;
	(void)state;
	assert_int_equal(js_parse(MEMBERS, strlen(MEMBERS), &j, &err), 0);
	size_t whole = 0;
	for (size_t limit = 0; whole == 0; limit++) {
		assert_in_range(limit, 0, strlen(MEMBERS));
		buf_init(&b, limit);
		int r = js_format(j, &b, &err);
		if (r == 0)
			whole = b.bytes;
		else
			assert_true(r == FAULT_INTERNAL && b.bytes == 0);
		buf_done(&b);
	}
	assert_int_equal(whole, strlen(MEMBERS));
}

#ifndef __SANITIZE_ADDRESS__ /* its heap is elsewhere, and may not be looked at */
/* How often the 32 characters of the marker stand in the heap. */
static int
heap_markers(char first)
{
	char line[256];
	unsigned long from = 0;
	unsigned long to = 0;
	int found = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, "[heap]") != NULL)
			assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
	(void)fclose(maps);
	assert_true(to > from);
	const volatile char *heap = (const volatile char *)from;
	for (unsigned long i = 0; i + 32 <= to - from; i++) {
		int k = 0;
		while (k < 32 && heap[i + (unsigned long)k] == (char)(first + k % 13))
			k++;
		found += k == 32;
	}
	return found;
}

static void
a_document_is_wiped_when_it_is_given_back(void **state)
{
	char text[40] = "[\"";
	json_t *j = NULL;
	struct err err = { 0 };
	(void)state;
	for (int k = 0; k < 32; k++)
		text[2 + k] = (char)('A' + k % 13);
	memcpy(text + 34, "\"]", 3);
	assert_int_equal(js_parse(text, 36, &j, &err), 0);
	assert_true(heap_markers('A') > 0);
	json_decref(j);
	assert_int_equal(heap_markers('A'), 0);
}
#endif

static struct transcript
transcript_sample(void)
{
	struct transcript t = { .center = "C1", .kiosk = "kiosk-0001", .at_ms = 1795190400123 };
	memset(t.nonce, 0xA5, sizeof(t.nonce));
	memset(t.cert_hash, 0x5A, sizeof(t.cert_hash));
	memset(t.point, 0x11, sizeof(t.point));
	t.point[0] = 4;
	return t;
}

static void
a_transcript_survives_both_ways_and_fits_its_layout(void **state)
{
	struct transcript t = transcript_sample();
	struct transcript back;
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	assert_int_equal(transcript_format(&t, &b, &err), 0);
	assert_int_equal(b.bytes, 15 + 2 + 2 + 2 + 10 + 32 + 8 + 32 + 65);
	assert_memory_equal(b.p, "KOFU-SESSION-1\0\0\2C1\0\12kiosk-0001\xA5", 32);
	assert_int_equal(transcript_parse(b.p, b.bytes, &back, &err), 0);
	assert_memory_equal(&back, &t, sizeof(t));
	buf_done(&b);
}

static void
a_transcript_that_does_not_fit_fails_at_every_limit(void **state)
{
	struct transcript t = transcript_sample();
	struct err err = { 0 };
	struct buf b;
	(void)state;
	for (size_t limit = 0; limit <= 168; limit++) {
		buf_init(&b, limit);
		assert_int_equal(transcript_format(&t, &b, &err), limit < 168 ? FAULT_INTERNAL : 0);
		assert_int_equal(b.bytes, limit < 168 ? 0 : 168);
		buf_done(&b);
	}
}

static void
a_transcript_cut_anywhere_or_longer_is_refused(void **state)
{
	struct transcript t = transcript_sample();
	struct transcript back = { .at_ms = 77 };
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, TRANSCRIPT_MAX_BYTES + 1);
	assert_int_equal(transcript_format(&t, &b, &err), 0);
	for (size_t n = 0; n < b.bytes; n++)
		assert_int_equal(transcript_parse(b.p, n, &back, &err), FAULT_BAD_INPUT);
	size_t whole = b.bytes;
	while (b.bytes <= TRANSCRIPT_MAX_BYTES) {
		buf_u8(&b, 0);
		assert_int_equal(transcript_parse(b.p, b.bytes, &back, &err), FAULT_BAD_INPUT);
	}
	b.p[0] ^= 1;
	assert_int_equal(transcript_parse(b.p, whole, &back, &err), FAULT_BAD_INPUT);
	b.p[0] ^= 1;
	b.p[14] = 1; /* the label's end */
	assert_int_equal(transcript_parse(b.p, whole, &back, &err), FAULT_BAD_INPUT);
	assert_int_equal(back.at_ms, 77);
	buf_done(&b);
}

static void
a_transcript_with_a_bad_id_time_or_point_is_neither_written_nor_read(void **state)
{
	static const struct {
		const char *id;
		int want;
	} t[] = {
		{ "A", 0 },
		{ "abcdefghijklmnopqrstuvwxyzABC-09", 0 }, /* 32 */
		{ "", FAULT_BAD_INPUT },
		{ "a b", FAULT_BAD_INPUT },
		{ "a_b", FAULT_BAD_INPUT },
		{ "\xE7\x94\xB2", FAULT_BAD_INPUT },
	};
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct transcript s = transcript_sample();
		memset(s.kiosk, 0, sizeof(s.kiosk));
		memcpy(s.kiosk, t[i].id, strlen(t[i].id));
		b.bytes = 0;
		assert_int_equal(transcript_format(&s, &b, &err), t[i].want);
	}
	struct transcript s = transcript_sample();
	memset(s.center, 'A', sizeof(s.center)); /* 33 and no end */
	assert_int_equal(transcript_format(&s, &b, &err), FAULT_BAD_INPUT);
	s = transcript_sample();
	s.at_ms = -1;
	assert_int_equal(transcript_format(&s, &b, &err), FAULT_BAD_INPUT);
	s = transcript_sample();
	s.point[0] = 2;
	assert_int_equal(transcript_format(&s, &b, &err), FAULT_BAD_INPUT);

	s = transcript_sample();
	b.bytes = 0;
	assert_int_equal(transcript_format(&s, &b, &err), 0);
	static const struct {
		size_t at;
		uint8_t v;
	} bad[] = { { 17, ' ' }, { 16, 0 }, { 16, 33 }, { 21, 0xFF }, { 63, 0x80 }, { 103, 3 } };
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		uint8_t keep = b.p[bad[i].at];
		b.p[bad[i].at] = bad[i].v;
		assert_int_equal(transcript_parse(b.p, b.bytes, &s, &err), FAULT_BAD_INPUT);
		b.p[bad[i].at] = keep;
	}
	buf_done(&b);
}

static void
pair(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
}

static void *
send_two_frames(void *arg)
{
	int fd = *(int *)arg;
	struct err err = { 0 };
	char *big = mem_zero(1 << 20);
	memset(big, 'x', 1 << 20);
	int r = frame_send(fd, big, 1 << 20, 5000, &err);
	if (r == 0)
		r = frame_send(fd, "", 0, 5000, &err);
	mem_free(big);
	return r == 0 ? arg : NULL;
}

static void
frames_arrive_whole_in_order_and_may_be_empty(void **state)
{
	int fd[2];
	pthread_t sender;
	void *sent = NULL;
	struct err err = { 0 };
	struct buf b;
	(void)state;
	pair(fd);
	buf_init(&b, 1 << 20);
	assert_int_equal(pthread_create(&sender, NULL, send_two_frames, &fd[0]), 0);
	assert_int_equal(frame_recv(fd[1], &b, 5000, &err), 0);
	assert_int_equal(b.bytes, 1 << 20);
	assert_int_equal(b.p[b.bytes - 1], 'x');
	assert_int_equal(frame_recv(fd[1], &b, 5000, &err), 0);
	assert_int_equal(b.bytes, 0);
	assert_int_equal(pthread_join(sender, &sent), 0);
	assert_non_null(sent);
	fd_close(fd[0]);
	assert_int_equal(frame_recv(fd[1], &b, 5000, &err), FAULT_UNAVAILABLE);
	fd_close(fd[1]);
	buf_done(&b);
}

static void
a_frame_at_the_limit_is_taken_and_one_past_it_refused(void **state)
{
	int fd[2];
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, 4);
	pair(fd);
	assert_int_equal(frame_send(fd[0], "abcd", 4, 100, &err), 0);
	assert_int_equal(frame_recv(fd[1], &b, 100, &err), 0);
	assert_int_equal(frame_send(fd[0], "abcde", 5, 100, &err), 0);
	assert_int_equal(frame_recv(fd[1], &b, 100, &err), FAULT_BAD_INPUT);
	fd_close(fd[0]);
	fd_close(fd[1]);
	buf_done(&b);
	buf_init(&b, (size_t)FRAME_MAX_BYTES * 2);
	pair(fd);
	assert_int_equal(write(fd[0], "\x02\x00\x00\x01", 4), 4); /* 32 MiB and 1 */
	assert_int_equal(frame_recv(fd[1], &b, 100, &err), FAULT_BAD_INPUT);
	assert_int_equal(
	    frame_send(fd[0], "", (size_t)FRAME_MAX_BYTES + 1, 100, &err), FAULT_INTERNAL);
	fd_close(fd[0]);
	fd_close(fd[1]);
	buf_done(&b);
}

static void
a_silent_or_full_peer_runs_into_the_timeout(void **state)
{
	int fd[2];
	struct err err = { 0 };
	struct buf b;
	char *big = mem_zero(8 << 20);
	(void)state;
	buf_init(&b, 100);
	pair(fd);
	assert_int_equal(frame_recv(fd[1], &b, 20, &err), FAULT_TIMEOUT);
	assert_int_equal(write(fd[0], "\0\0\0\4ab", 6), 6);
	assert_int_equal(frame_recv(fd[1], &b, 20, &err), FAULT_TIMEOUT);
	assert_int_equal(frame_send(fd[0], big, 8 << 20, 20, &err), FAULT_TIMEOUT);
	fd_close(fd[1]);
	assert_int_equal(frame_send(fd[0], "x", 1, 20, &err), FAULT_UNAVAILABLE);
	fd_close(fd[0]);
	mem_free(big);
	buf_done(&b);
}

static void
a_descriptor_travels_beside_a_frame_and_two_are_refused(void **state)
{
	int fd[2];
	int ends[2];
	int got = -1;
	char c = 0;
	struct err err = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, 100);
	pair(fd);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(frame_send_fd(fd[0], "hi", 2, ends[1], &err), 0);
	assert_int_equal(frame_recv_fd(fd[1], &b, &got, &err), 0);
	assert_true(got >= 0 && got != ends[1]);
	assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(got, "z", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(c, 'z');
	fd_close(got);
	assert_int_equal(frame_send_fd(fd[0], "no", 2, -1, &err), 0);
	assert_int_equal(frame_recv_fd(fd[1], &b, &got, &err), 0);
	assert_int_equal(got, -1);
	assert_memory_equal(b.p, "no", 2);

	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = "\0\0\0\1x", .iov_len = 5 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(h), ends, sizeof(ends));
	assert_int_equal(sendmsg(fd[0], &m, 0), 5);
	assert_int_equal(frame_recv_fd(fd[1], &b, &got, &err), FAULT_BAD_INPUT);
	assert_int_equal(got, -1);
	fd_close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 0); /* nobody holds the other end any more */
	fd_close(ends[0]);
	fd_close(fd[0]);
	fd_close(fd[1]);
	buf_done(&b);
}

static void
a_socket_is_for_its_owner_and_replaces_an_old_one_but_no_file(void **state)
{
	char dir[] = "/tmp/kofu-wire-test-XXXXXX";
	char path[64];
	char far[200];
	int server = -1;
	int again = -1;
	int client = -1;
	struct stat st;
	struct err err = { 0 };
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(frame_connect(path, &client, &err), FAULT_UNAVAILABLE);
	assert_int_equal(frame_listen(path, 0600, &server, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	mode_t mask = umask(0007);
	assert_int_equal(frame_listen(path, 0660, &again, &err), 0);
	(void)umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(frame_connect(path, &client, &err), 0);
	fd_close(client);
	fd_close(again);
	fd_close(server);
	assert_int_equal(unlink(path), 0);
	fd_close(creat(path, 0600));
	assert_int_equal(frame_listen(path, 0600, &server, &err), FAULT_CONFIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	memset(far, 'a', sizeof(far) - 1);
	far[108] = '\0';
	assert_int_equal(frame_listen(far, 0600, &server, &err), FAULT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_that_is_not_strict_is_refused),
		cmocka_unit_test(json_of_the_greatest_depth_and_size_is_read_and_one_more_is_not),
		cmocka_unit_test(an_object_has_the_members_of_its_list_and_no_others),
		cmocka_unit_test(a_member_of_another_type_or_past_its_limit_is_refused),
		cmocka_unit_test(bytes_in_json_have_one_form_and_a_limit),
		cmocka_unit_test(json_is_written_compact_in_the_order_it_was_set),
		cmocka_unit_test(a_text_that_does_not_fit_fails_at_every_limit),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(a_document_is_wiped_when_it_is_given_back),
#endif
		cmocka_unit_test(a_transcript_that_does_not_fit_fails_at_every_limit),
		cmocka_unit_test(a_transcript_survives_both_ways_and_fits_its_layout),
		cmocka_unit_test(a_transcript_cut_anywhere_or_longer_is_refused),
		cmocka_unit_test(
		    a_transcript_with_a_bad_id_time_or_point_is_neither_written_nor_read),
		cmocka_unit_test(frames_arrive_whole_in_order_and_may_be_empty),
		cmocka_unit_test(a_frame_at_the_limit_is_taken_and_one_past_it_refused),
		cmocka_unit_test(a_silent_or_full_peer_runs_into_the_timeout),
		cmocka_unit_test(a_descriptor_travels_beside_a_frame_and_two_are_refused),
		cmocka_unit_test(a_socket_is_for_its_owner_and_replaces_an_old_one_but_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
