/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-kiosk-card - kiosk/card from the command line, for tests on a real pcscd.
 *
 *   world-kiosk-card READER begin               tries and SHA-256 of the certificate
 *   world-kiosk-card READER sign PIN [N]        N whole ways; commands and median time
 *   world-kiosk-card READER wait card|empty|reader MS
 *   world-kiosk-card READER cancel MS           a wait for a card, cancelled after MS
 *
 * READER "" takes any. Prints the outcome's name; exit status 0 when it is 0, else 3.
 * A fault prints its trail and ends with 4.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "kiosk/card/card.h"
#include "pki/hash.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char USAGE[] =
    "usage: world-kiosk-card READER begin | sign PIN [N] | wait card|empty|reader MS | cancel MS\n";
enum { ROUNDS_MAX = 1000 };

static int
kc_end(int r, const struct err *err)
{
	if (r < 0) {
		log_fault("kiosk-card", (struct txn_id){ 0 }, err);
		return 4;
	}
	puts(r == 0 ? "ok" : card_outcome_name(r));
	return r == 0 ? 0 : 3;
}

static int
kc_begin(struct card_reader *r, struct card_info *info, struct card_io *io, struct err *err)
{
	int o = card_reader_connect(r, io, err);
	return o != 0 ? o : card_begin(io, clock_now_ms(), info, err);
}

static int
kc_sign_once(struct card_reader *r, const char *digits, unsigned *ret_left, struct err *err)
{
	static const uint8_t digest[CARD_DIGEST_BYTES] = { 7 };
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	struct card_info info;
	struct card_io io;
	uint8_t sig[CARD_SIG_BYTES];
	int o = kc_begin(r, &info, &io, err);
	if (o == 0) {
		for (const char *d = digits; *d != '\0'; d++)
			(void)card_pin_push(pin, (unsigned)(*d - '0'));
		if (info.kind == CARD_TELEPHONE)
			o = card_unlock(&io, clock_now_ms(), &info, pin, ret_left, err);
		if (o == 0)
			o = card_sign(&io, &info, pin, digest, sig, ret_left, err);
	}
	card_reader_disconnect(r);
	return o;
}

static int
kc_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t
kc_now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
kc_sign(struct card_reader *r, const char *digits, long rounds, struct err *err)
{
	static int64_t took[ROUNDS_MAX];
	unsigned left = 0;
	int o = 0;
	for (long i = 0; i < rounds && o == 0; i++) {
		int64_t from = kc_now_us();
		o = kc_sign_once(r, digits, &left, err);
		took[i] = kc_now_us() - from;
	}
	if (o == CARD_E_WRONG_PIN)
		printf("left %u\n", left);
	if (o == 0) {
		qsort(took, (size_t)rounds, sizeof(took[0]), kc_compare);
		long middle = rounds / 2;
		printf("%ld ways, median %.2f ms\n", rounds, (double)took[middle] / 1000);
	}
	return o;
}

static int
kc_show(struct card_reader *r, struct err *err)
{
	struct card_info info;
	struct card_io io;
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	int o = kc_begin(r, &info, &io, err);
	if (o != 0)
		return o;
	sha256(info.cert, info.cert_bytes, hash);
	text_hex_format(hash, sizeof(hash), hex);
	printf("tries %u\ncertificate %s\n", info.tries_left, hex);
	return 0;
}

static int
kc_wait(struct card_reader *r, const char *want, long ms, struct err *err)
{
	enum card_want w = CARD_WANT_READER;
	if (strcmp(want, "card") == 0)
		w = CARD_WANT_CARD;
	else if (strcmp(want, "empty") == 0)
		w = CARD_WANT_EMPTY;
	else if (strcmp(want, "reader") != 0)
		tool_usage(USAGE);
	return card_reader_wait(r, w, ms, err);
}

struct kc_canceller {
	struct card_reader *r;
	long ms;
};

static void *
kc_cancel_later(void *arg)
{
	const struct kc_canceller *c = arg;
	struct timespec t = { .tv_sec = c->ms / 1000, .tv_nsec = c->ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
	card_reader_cancel(c->r);
	return NULL;
}

static int
kc_cancel(struct card_reader *r, long ms, struct err *err)
{
	struct kc_canceller c = { .r = r, .ms = ms };
	pthread_t thread;
	if (pthread_create(&thread, NULL, kc_cancel_later, &c) != 0)
		tool_die("no thread");
	int64_t from_ms = clock_mono_ms();
	int o = card_reader_wait(r, CARD_WANT_CARD, -1, err);
	printf("after %lld ms\n", (long long)(clock_mono_ms() - from_ms));
	(void)pthread_join(thread, NULL);
	return o;
}

static int
kc_command(struct card_reader *r, int argc, char **argv, struct err *err)
{
	if (argc == 3 && strcmp(argv[2], "begin") == 0)
		return kc_show(r, err);
	if ((argc == 4 || argc == 5) && strcmp(argv[2], "sign") == 0)
		return kc_sign(
		    r, argv[3], argc == 5 ? tool_number(argv[4], 1, ROUNDS_MAX, "rounds") : 1, err);
	if (argc == 5 && strcmp(argv[2], "wait") == 0)
		return kc_wait(r, argv[3], tool_number(argv[4], 0, 600000, "ms"), err);
	if (argc == 4 && strcmp(argv[2], "cancel") == 0)
		return kc_cancel(r, tool_number(argv[3], 0, 600000, "ms"), err);
	tool_usage(USAGE);
}

int
main(int argc, char **argv)
{
	AUTO(card_reader) struct card_reader *r = NULL;
	struct err err = { 0 };
	if (argc < 3)
		tool_usage(USAGE);
	int o = card_reader_open(*argv[1] ? argv[1] : NULL, &r, &err);
	if (o == 0)
		o = kc_command(r, argc, argv, &err);
	return kc_end(o, &err);
}
