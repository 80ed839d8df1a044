/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes are the card's answers: for each command a 16-bit length and that
 * many bytes; a length with its top bit set is a transport outcome instead.
 * When they end, the card is gone. Whatever a card says, the dialogue ends, resets the card,
 * clears the PIN, sends it at most once, and never says yes: a signature that
 * fits the certificate cannot be guessed.
 */
#include "base/bytes.h"
#include "base/mem.h"
#include "kiosk/card/card_pin.h"
#include "pki/cert.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMMANDS_MAX = 200 };

struct script {
	struct rd rd;
	unsigned n_commands;
	unsigned n_verifies;
	unsigned n_resets;
};

static int
script_transmit(void *self, const uint8_t *cmd, size_t cmd_bytes, uint8_t *answer, size_t room,
    size_t *ret_bytes)
{
	static const int outcomes[] = { CARD_E_REMOVED, CARD_E_READER, CARD_E_LOCKED,
		FAULT_INTERNAL };
	struct script *s = self;
	if (cmd_bytes < 4 || cmd_bytes > CARD_COMMAND_MAX_BYTES || ++s->n_commands > COMMANDS_MAX)
		abort();
	s->n_verifies += cmd[1] == 0x20 && cmd_bytes > 5;
	size_t n = rd_u16(&s->rd);
	if (!rd_ok(&s->rd))
		return CARD_E_REMOVED;
	if (n & 0x8000)
		return outcomes[n % N_ELEMENTS(outcomes)];
	if (n > room)
		n = room;
	if (n > rd_left(&s->rd))
		n = rd_left(&s->rd);
	const uint8_t *p = rd_bytes(&s->rd, n);
	if (n > 0)
		memcpy(answer, p, n);
	*ret_bytes = n;
	return 0;
}

static void
script_reset(void *self)
{
	struct script *s = self;
	s->n_resets++;
}

static void
play_sign(struct script *s, const struct card_io *io, struct card_info *info)
{
	static const uint8_t digest[CARD_DIGEST_BYTES] = { 9 };
	AUTO(card_pin) struct card_pin *pin = card_pin_new();
	uint8_t sig[CARD_SIG_BYTES] = { 0 };
	struct err err = { 0 };
	unsigned left = 99, resets = s->n_resets;
	int r = 0;
	if (pin == NULL)
		abort();
	for (unsigned i = 0; i < CARD_PIN_DIGITS; i++)
		(void)card_pin_push(pin, i);
	if (info->kind == CARD_TELEPHONE)
		r = card_unlock(io, 0, info, pin, &left, &err);
	if ((r == 0 && info->kind == CARD_TELEPHONE) != info->unlocked)
		abort();
	if (r == 0) {
		left = 99;
		r = card_sign(io, info, pin, digest, sig, &left, &err);
	}
	if (r == 0 || card_pin_digits(pin) != 0 || s->n_resets != resets + 1)
		abort();
	if ((r == CARD_E_WRONG_PIN) != (left != 99) || (left != 99 && (left < 1 || left > 3)))
		abort();
	if (s->n_verifies > 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = { .rd = rd_init(data, size) };
	struct card_io io = { .self = &s, .transmit = script_transmit, .reset = script_reset };
	struct card_info info = { .tries_left = 99 };
	struct err err = { 0 };
	int r = card_begin(&io, 0, &info, &err);
	if (s.n_verifies != 0 || (r != 0) != (s.n_resets == 1))
		abort();
	if (r != 0 && info.tries_left != 99)
		abort();
	if (r == 0 &&
	    (info.tries_left < 1 || info.tries_left > 3 ||
		(info.kind == CARD_PLASTIC) != (info.cert_bytes >= 4) ||
		info.cert_bytes > CARD_CERT_MAX_BYTES))
		abort();
	play_sign(&s, &io, &info);
	return 0;
}
