/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/card_bench.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/world/jpki/jpki.h"
#include "tests/world/tool/tool.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char bench_dir[64];
static unsigned bench_copies;

/* On the memory file system where there is one: a card fsyncs each try. */
void
bench_make(void)
{
	static const char *const tokens[BENCH_N_CARDS] = {
		[BENCH_OLD] = "JPKIAPICCTOKEN",
		[BENCH_PHONE] = "JPKIAPGPSETOKEN",
		[BENCH_STRANGE] = "JPKIAPICCTOKEN3",
	};
	AUTO(arena) struct arena *a = arena_new(JPKI_ARENA_BYTES);
	bool shm = access("/dev/shm", W_OK) == 0;
	(void)snprintf(
	    bench_dir, sizeof(bench_dir), "%s/kofu-card-test-XXXXXX", shm ? "/dev/shm" : "/tmp");
	if (mkdtemp(bench_dir) == NULL)
		tool_die("%s: %s", bench_dir, strerror(errno));
	const char *jpki = tool_path(a, bench_dir, "jpki");
	jpki_init(a, jpki, "http://127.0.0.1:1/");
	for (int i = 0; i < BENCH_N_CARDS; i++) {
		int64_t now_s = clock_now_ms() / 1000;
		struct jpki_card card = {
			.serial = 1001 + (uint32_t)i,
			.gen = 1 + i % 2,
			.cn = "991015TEST",
			.not_after_s = now_s + (i == BENCH_EXPIRED ? -1 : 400) * JPKI_DAY_S,
			.muni = "991015",
			.name = "見本　花子",
			.birth = "19800101",
			.sex = "2",
			.address = "見本県見本市一丁目１番１号",
			.pin = "1234",
			.sign_pin = "ABC123",
			.token = tokens[i] ? tokens[i] : "JPKIAPICCTOKEN2",
			.no_auth = i == BENCH_NO_AUTH,
			.no_sign = i != BENCH_GOOD && i != BENCH_NO_AUTH,
		};
		jpki_card_make(a, jpki, arena_printf(a, "%s/%d", bench_dir, i), &card);
	}
}

static int
bench_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void
bench_remove(void)
{
	(void)nftw(bench_dir, bench_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

struct emu *
bench_card(enum bench_card which)
{
	static const char *const files[] = { "auth_cert.der", "auth_ca.der", "auth_key.pem",
		"sign_cert.der", "sign_ca.der", "sign_key.pem", "text_0001.bin", "text_0002.bin",
		"token.bin", "have.bin", "pins.state" };
	AUTO(arena) struct arena *a = arena_new(JPKI_ARENA_BYTES);
	const char *to = arena_printf(a, "%s/copy-%u", bench_dir, bench_copies++);
	tool_mkdir(to);
	for (size_t i = 0; i < N_ELEMENTS(files); i++) {
		size_t n = 0;
		const char *from = arena_printf(a, "%s/%d/%s", bench_dir, (int)which, files[i]);
		const uint8_t *p = tool_read_maybe(a, from, &n);
		if (p != NULL)
			tool_write(tool_path(a, to, files[i]), p, n, 0600);
	}
	struct emu *e = emu_open(to);
	if (e == NULL)
		tool_die("a card of the bench does not open");
	return e;
}

static int
bench_transmit(void *self, const uint8_t *cmd, size_t cmd_bytes, uint8_t *answer, size_t room,
    size_t *ret_bytes)
{
	static uint8_t out[EMU_ANSWER_MAX_BYTES];
	struct bench *b = self;
	const struct bench_fault *f = &b->fault;
	bool spoilt = f->at == b->n_commands;
	if (b->n_commands < BENCH_COMMANDS_MAX)
		b->ins[b->n_commands] = cmd[1];
	b->n_commands++;
	b->n_verifies += cmd[1] == 0x20 && cmd_bytes > 5;
	b->n_reads += cmd[1] == 0xB0;
	size_t n = 0;
	if (!spoilt || f->after)
		n = emu_apdu(b->emu, cmd, cmd_bytes, out);
	if (spoilt && f->outcome != 0)
		return f->outcome;
	const uint8_t *from = spoilt ? f->answer : out;
	n = spoilt ? f->bytes : n;
	if (n > room)
		n = room;
	if (n > 0)
		memcpy(answer, from, n);
	*ret_bytes = n;
	return 0;
}

static void
bench_reset(void *self)
{
	struct bench *b = self;
	b->n_resets++;
	emu_reset(b->emu);
}

struct card_io
bench_io(struct bench *b)
{
	return (struct card_io){ .self = b, .transmit = bench_transmit, .reset = bench_reset };
}
