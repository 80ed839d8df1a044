/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-card - lays the emulated card on a virtual reader (vpcd in server mode:
 * connecting inserts the card, closing removes it).
 *
 * vpcd's protocol: each message is a 2-byte big-endian length and that many bytes.
 * One byte is a control: 0 power off, 1 power on, 2 reset, 4 "your ATR?"; anything
 * longer is a command and is answered by an answer.
 */
#include "base/file.h"
#include "tests/world/card/emu.h"
#include "tests/world/tool/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: world-card --dir CARD --connect PORT [--trace FILE] [--atr contact|typeb]\n"
    "           [--apdu-us N] [--byte-us N] [--sign-us N] [--remove-after N] [--removed]\n"
    "SIGUSR1 removes the card, SIGUSR2 inserts it, SIGTERM ends.\n"
    "--remove-after N pulls the card instead of the answer to command N + 1.\n";

enum {
	CTRL_ATR = 4,
	ATR_MAX_BYTES = 33,
	RETRY_MS = 50,
	US_MAX = 10000000,
	/* pcscd looks every 400 ms. A card laid down before it has seen the reader empty is
	 * never announced: after a failed reset it says "empty" to its clients, but believes
	 * in the old card itself. So a card that was taken away stays away for one look. */
	AWAY_US = 500000,
};

struct slot {
	struct emu *card;
	FILE *trace;
	uint8_t atr[ATR_MAX_BYTES];
	size_t atr_bytes;
	uint16_t port;
	long apdu_us, byte_us, sign_us;
	long remove_after; /* -1: never */
	long n_apdus;
	int signals;
	bool present, ended;
	uint8_t in[EMU_COMMAND_MAX_BYTES];
	uint8_t out[2 + EMU_ANSWER_MAX_BYTES]; /* with its length in front */
};

static void
slot_nap_us(long us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	while (us > 0 && nanosleep(&t, &t) != 0)
		;
}

static void
slot_take_signal(struct slot *s)
{
	struct signalfd_siginfo si;
	if (read(s->signals, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGUSR1)
		s->present = false;
	else if (si.ssi_signo == SIGUSR2)
		s->present = true;
	else
		s->ended = true;
}

/* Reads it all; false when the reader or the card is gone. */
static bool
slot_read(struct slot *s, int fd, uint8_t *p, size_t bytes)
{
	while (bytes > 0) {
		struct pollfd wait[2] = { { .fd = fd, .events = POLLIN },
			{ .fd = s->signals, .events = POLLIN } };
		/* vpcd sends length and body in two writes: without this each costs a 40 ms
		 * delayed acknowledgement. The kernel takes it back after each use. */
		int one = 1;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			return false;
		if (wait[1].revents != 0)
			slot_take_signal(s);
		if (s->ended || !s->present)
			return false;
		if (wait[0].revents == 0)
			continue;
		ssize_t n = read(fd, p, bytes);
		if (n <= 0)
			return false;
		p += n;
		bytes -= (size_t)n;
	}
	return true;
}

/* Sends @bytes of s->out behind its length, in one write. */
static bool
slot_write(struct slot *s, int fd, size_t bytes)
{
	struct err err = { 0 };
	if (bytes > 0xFFFF) /* the protocol cannot say it; no short command asks for it */
		return false;
	s->out[0] = (uint8_t)(bytes >> 8);
	s->out[1] = (uint8_t)bytes;
	return fd_write_all(fd, s->out, 2 + bytes, &err) == 0;
}

static void
slot_trace(struct slot *s, char mark, const uint8_t *p, size_t bytes, size_t masked_from)
{
	if (s->trace == NULL)
		return;
	fputc(mark, s->trace);
	for (size_t i = 0; i < bytes; i++) {
		if (i >= masked_from)
			fputs(" **", s->trace);
		else
			fprintf(s->trace, " %02X", p[i]);
	}
	fputc('\n', s->trace);
	fflush(s->trace);
}

/* One command. False when the card was pulled instead of answering. */
static bool
slot_command(struct slot *s, int fd, size_t bytes)
{
	slot_nap_us(s->apdu_us + s->byte_us * (long)bytes);
	size_t n = emu_apdu(s->card, s->in, bytes, s->out + 2);
	if (emu_is_signature(s->in, bytes) && n > 2)
		slot_nap_us(s->sign_us);
	slot_nap_us(s->byte_us * (long)n);
	slot_trace(s, '>', s->in, bytes, emu_is_secret(s->in, bytes) ? 5 : bytes);
	slot_trace(s, '<', s->out + 2, n, n);
	if (s->remove_after >= 0 && ++s->n_apdus > s->remove_after) {
		s->present = false;
		return false;
	}
	return slot_write(s, fd, n);
}

static void
slot_serve(struct slot *s, int fd)
{
	int one = 1;
	uint8_t head[2];
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (slot_read(s, fd, head, sizeof(head))) {
		size_t bytes = (size_t)(head[0] << 8 | head[1]);
		if (!slot_read(s, fd, s->in, bytes))
			break;
		if (bytes > 1) {
			if (!slot_command(s, fd, bytes))
				break;
		} else if (bytes == 1 && s->in[0] == CTRL_ATR) {
			memcpy(s->out + 2, s->atr, s->atr_bytes);
			if (!slot_write(s, fd, s->atr_bytes))
				break;
		} else {
			emu_reset(s->card);
		}
	}
	emu_reset(s->card);
}

/* From laying the card on the reader to taking it away: the connection ends with it. */
static void
slot_insert(struct slot *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(s->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool in_reader = fd >= 0 && connect(fd, (const struct sockaddr *)&in, sizeof(in)) == 0;
	if (in_reader)
		slot_serve(s, fd);
	fd_close(fd);
	if (in_reader)
		slot_nap_us(AWAY_US);
}

static void
slot_run(struct slot *s)
{
	while (!s->ended) {
		struct pollfd wait = { .fd = s->signals, .events = POLLIN };
		if (s->present)
			slot_insert(s);
		if (s->ended)
			break;
		/* No reader there yet, or it went away: again a little later. */
		if (poll(&wait, 1, s->present ? RETRY_MS : -1) == 1)
			slot_take_signal(s);
	}
}

static bool
slot_set_atr(struct slot *s, const char *name)
{
	static const uint8_t contact[] = { 0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14 };
	/* What a reader makes up for an ISO 14443 type B card (PC/SC part 3). */
	static const uint8_t typeb[] = { 0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x33, 0x81,
		0x81, 0x00, 0x3A };
	bool is_typeb = strcmp(name, "typeb") == 0;
	s->atr_bytes = is_typeb ? sizeof(typeb) : sizeof(contact);
	memcpy(s->atr, is_typeb ? typeb : contact, s->atr_bytes);
	return is_typeb || strcmp(name, "contact") == 0;
}

static const struct option OPTIONS[] = { { "dir", 1, NULL, 'd' }, { "connect", 1, NULL, 'c' },
	{ "trace", 1, NULL, 't' }, { "atr", 1, NULL, 'a' }, { "apdu-us", 1, NULL, 'u' },
	{ "byte-us", 1, NULL, 'b' }, { "sign-us", 1, NULL, 's' }, { "remove-after", 1, NULL, 'r' },
	{ "removed", 0, NULL, 'x' }, { NULL, 0, NULL, 0 } };

static bool
slot_option(struct slot *s, int opt, const char *v, const char **ret_dir)
{
	switch (opt) {
	case 'd':
		*ret_dir = v;
		return true;
	case 'c':
		s->port = (uint16_t)tool_number(v, 1, 65535, "--connect");
		return true;
	case 't':
		s->trace = fopen(v, "we");
		return s->trace != NULL;
	case 'a':
		return slot_set_atr(s, v);
	case 'u':
		s->apdu_us = tool_number(v, 0, US_MAX, "--apdu-us");
		return true;
	case 'b':
		s->byte_us = tool_number(v, 0, US_MAX, "--byte-us");
		return true;
	case 's':
		s->sign_us = tool_number(v, 0, US_MAX, "--sign-us");
		return true;
	case 'r':
		s->remove_after = tool_number(v, 0, 1000000, "--remove-after");
		return true;
	case 'x':
		s->present = false;
		return true;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	static struct slot s = { .remove_after = -1, .present = true };
	const char *dir = NULL;
	sigset_t set;
	(void)slot_set_atr(&s, "contact");
	for (int c; (c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
		if (!slot_option(&s, c, optarg, &dir))
			tool_usage(USAGE);
	if (dir == NULL || s.port == 0 || optind != argc)
		tool_usage(USAGE);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	s.signals = signalfd(-1, &set, SFD_CLOEXEC);
	s.card = emu_open(dir);
	if (s.card == NULL || s.signals < 0)
		return 1;
	slot_run(&s);
	emu_free(s.card);
	if (s.trace != NULL)
		fclose(s.trace);
	return 0;
}
