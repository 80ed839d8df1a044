/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogue with the card. Commands are ISO/IEC 7816-4, file numbers those of the JPKI-AP. */
#include "kiosk/card/card.h"

#include "base/mem.h"
#include "kiosk/card/card_pin.h"
#include "pki/cert.h"

#include <stdbool.h>
#include <string.h>

enum {
	CARD_SW_OK = 0x9000,
	CARD_SW_NOT_FOUND = 0x6A82,
	CARD_SW_BLOCKED = 0x6984,
	CARD_SW_AUTH_BLOCKED = 0x6983, /* ISO's own word for it */
	CARD_SW_TRIES = 0x63C0,
	CARD_TRIES_MAX = 3,
	CARD_TOKEN_BYTES = 32,
	CARD_HAVE = 0x8F,      /* EF 0008: this certificate is there */
	CARD_READ_BYTES = 256, /* longest short answer */
	CARD_READS_MAX = 64,   /* a card that gives a byte at a time is none of ours */
};
/* Files. */
enum {
	CARD_EF_TOKEN = 0x06,
	CARD_EF_HAVE = 0x08,
	CARD_EF_AUTH_CERT = 0x0A,
	CARD_EF_AUTH_KEY = 0x17,
	CARD_EF_AUTH_PIN = 0x18,
};

struct card_answer {
	unsigned sw;
	size_t bytes; /* without the status word */
	uint8_t data[CARD_ANSWER_MAX_BYTES];
};

const char *
card_outcome_name(int outcome)
{
	static const char *const names[] = { "no-reader", "no-card", "other-card", "old-card",
		"no-certificate", "card-expired", "pin-wrong", "pin-locked", "card-removed",
		"two-cards", "reader-fault", "phone", "card-fault", "timed-out", "cancelled",
		"card-taken" };
	int i = outcome - CARD_E_NO_READER;
	return i >= 0 && i < (int)N_ELEMENTS(names) ? names[i] : "unknown";
}

/*
 * A reader may say "done" and hand over nothing when the card is pulled in mid-command.
 * Taken for a status that would tell a resident that the PIN is locked.
 */
static int
card_send(const struct card_io *io, const uint8_t *cmd, size_t bytes, struct card_answer *ret,
    struct err *err)
{
	size_t n = 0;
	int r = io->transmit(io->self, cmd, bytes, ret->data, sizeof(ret->data), &n);
	if (r < 0)
		return err_raise(err, (enum fault)r, "transmit", 0);
	if (r != 0)
		return r == CARD_E_REMOVED ? CARD_E_REMOVED : CARD_E_READER;
	if (n < 2 || n > sizeof(ret->data))
		return CARD_E_REMOVED;
	ret->bytes = n - 2;
	ret->sw = (unsigned)ret->data[n - 2] << 8 | ret->data[n - 1];
	return 0;
}

/* CARD_E_OTHER_CARD when it has no such application, as every other card answers. */
static int
card_select_ap(const struct card_io *io, struct err *err)
{
	static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00,
		0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };
	struct card_answer a;
	int r = card_send(io, select, sizeof(select), &a, err);
	if (r == 0 && a.sw != CARD_SW_OK)
		r = CARD_E_OTHER_CARD;
	return r;
}

/* *ret_found tells whether there is such a file. */
static int
card_select_ef(const struct card_io *io, uint8_t ef, bool *ret_found, struct err *err)
{
	const uint8_t select[] = { 0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, ef };
	struct card_answer a;
	int r = card_send(io, select, sizeof(select), &a, err);
	if (r != 0)
		return r;
	*ret_found = a.sw == CARD_SW_OK;
	return a.sw == CARD_SW_OK || a.sw == CARD_SW_NOT_FOUND ? 0 : CARD_E_BROKEN;
}

static int
card_select_known_ef(const struct card_io *io, uint8_t ef, struct err *err)
{
	bool found = false;
	int r = card_select_ef(io, ef, &found, err);
	return r == 0 && !found ? CARD_E_BROKEN : r;
}

/* 1..256 bytes of the selected file. */
static int
card_read(
    const struct card_io *io, size_t at, size_t bytes, struct card_answer *ret, struct err *err)
{
	const uint8_t read[] = { 0x00, 0xB0, (uint8_t)(at >> 8), (uint8_t)at, (uint8_t)bytes };
	int r = card_send(io, read, sizeof(read), ret, err);
	if (r == 0 && (ret->sw != CARD_SW_OK || ret->bytes == 0 || ret->bytes > bytes))
		r = CARD_E_BROKEN;
	return r;
}

static bool
card_token_is(const struct card_answer *a, const char *name)
{
	size_t n = strlen(name);
	return a->bytes > n && memcmp(a->data, name, n) == 0 && a->data[n] == ' ';
}

/* EF 0006 says what it is; the ATR does not, a contactless reader makes that up. */
static int
card_check_token(const struct card_io *io, enum card_kind *ret, struct err *err)
{
	struct card_answer a;
	bool found = false;
	int r = card_select_ef(io, CARD_EF_TOKEN, &found, err);
	if (r == 0 && !found)
		return CARD_E_OTHER_CARD;
	if (r == 0)
		r = card_read(io, 0, CARD_TOKEN_BYTES, &a, err);
	if (r != 0)
		return r;
	bool phone = card_token_is(&a, "JPKIAPGPSETOKEN") || card_token_is(&a, "JPKIAPIOSTOKEN");
	if (phone || card_token_is(&a, "JPKIAPICCTOKEN2")) {
		*ret = phone ? CARD_TELEPHONE : CARD_PLASTIC;
		return 0;
	}
	return card_token_is(&a, "JPKIAPICCTOKEN") ? CARD_E_OLD_CARD : CARD_E_OTHER_CARD;
}

/* EF 0008: which of the two certificates exist. */
static int
card_check_have(const struct card_io *io, struct err *err)
{
	struct card_answer a;
	int r = card_select_known_ef(io, CARD_EF_HAVE, err);
	if (r == 0)
		r = card_read(io, 0, 3, &a, err);
	if (r == 0 && (a.bytes < 2 || a.data[1] != CARD_HAVE))
		r = CARD_E_NO_AUTH_CERT;
	return r;
}

/* The DER header says how long it is: 30 82 and two bytes. 0 when it is none. */
static size_t
card_cert_bytes(const struct card_answer *a)
{
	if (a->bytes < 4 || a->data[0] != 0x30 || a->data[1] != 0x82)
		return 0;
	return 4 + ((size_t)a->data[2] << 8 | a->data[3]);
}

static int
card_read_cert(const struct card_io *io, struct card_info *info, struct err *err)
{
	struct card_answer a;
	bool found = false;
	size_t want = CARD_READ_BYTES, got = 0;
	int r = card_select_ef(io, CARD_EF_AUTH_CERT, &found, err);
	if (r == 0 && !found)
		return CARD_E_NO_AUTH_CERT;
	for (unsigned reads = 0; r == 0 && got < want; reads++) {
		size_t n = want - got < CARD_READ_BYTES ? want - got : CARD_READ_BYTES;
		r = reads < CARD_READS_MAX ? card_read(io, got, n, &a, err) : CARD_E_BROKEN;
		if (r != 0)
			return r;
		if (got == 0)
			want = card_cert_bytes(&a);
		if (want == 0 || want > sizeof(info->cert))
			return CARD_E_BROKEN;
		n = a.bytes < want - got ? a.bytes : want - got;
		memcpy(info->cert + got, a.data, n);
		got += n;
	}
	info->cert_bytes = got;
	return r;
}

static int
card_check_cert(struct card_info *info, int64_t now_ms, struct err *err)
{
	AUTO(cert) struct cert *cert = NULL;
	struct err own = { 0 };
	int r = cert_parse(info->cert, info->cert_bytes, &cert, &own);
	if (r == FAULT_BAD_INPUT)
		return CARD_E_BROKEN;
	if (r != 0)
		return err_raise(err, FAULT_INTERNAL, "certificate", r);
	info->not_after_ms = cert_not_after_ms(cert);
	return info->not_after_ms < now_ms ? CARD_E_EXPIRED : 0;
}

/* 63Cx: x tries are left; the same after a right PIN. */
static int
card_tries(unsigned sw, unsigned *ret_left)
{
	unsigned left = sw & 0x0F;
	if (sw == CARD_SW_BLOCKED || sw == CARD_SW_AUTH_BLOCKED || sw == CARD_SW_TRIES)
		return CARD_E_LOCKED;
	if ((sw & 0xFFF0) != CARD_SW_TRIES || left > CARD_TRIES_MAX)
		return CARD_E_BROKEN;
	*ret_left = left;
	return 0;
}

/* VERIFY without a body only asks. */
static int
card_ask_tries(const struct card_io *io, unsigned *ret_left, struct err *err)
{
	static const uint8_t ask[] = { 0x00, 0x20, 0x00, 0x80 };
	struct card_answer a;
	int r = card_select_known_ef(io, CARD_EF_AUTH_PIN, err);
	if (r == 0)
		r = card_send(io, ask, sizeof(ask), &a, err);
	if (r == 0)
		r = card_tries(a.sw, ret_left);
	return r;
}

int
card_begin(const struct card_io *io, int64_t now_ms, struct card_info *ret, struct err *err)
{
	struct card_info info = { 0 };
	int r = card_select_ap(io, err);
	if (r == 0)
		r = card_check_token(io, &info.kind, err);
	if (r == 0)
		r = card_check_have(io, err);
	if (r == 0 && info.kind == CARD_PLASTIC)
		r = card_read_cert(io, &info, err);
	if (r == 0 && info.kind == CARD_PLASTIC)
		r = card_check_cert(&info, now_ms, err);
	if (r == 0)
		r = card_ask_tries(io, &info.tries_left, err);
	if (r != 0) {
		io->reset(io->self);
		return err_trace(err, r, "card");
	}
	*ret = info;
	return 0;
}

/* Once, whatever comes: a command whose answer was lost may have spent a try. */
static int
card_verify(
    const struct card_io *io, const struct card_pin *pin, unsigned *ret_left, struct err *err)
{
	struct card_answer a;
	unsigned left = 0;
	int r = card_send(io, pin->verify, sizeof(pin->verify), &a, err);
	if (r != 0)
		return r;
	if (a.sw == CARD_SW_OK)
		return 0;
	r = card_tries(a.sw, &left);
	if (r != 0)
		return r;
	*ret_left = left;
	return CARD_E_WRONG_PIN;
}

/* PKCS#1 v1.5 (RFC 8017 9.2): the card pads, the DigestInfo of SHA-256 is ours. */
static int
card_compute(const struct card_io *io, const uint8_t digest[CARD_DIGEST_BYTES],
    uint8_t ret_sig[CARD_SIG_BYTES], struct err *err)
{
	static const uint8_t head[] = { 0x80, 0x2A, 0x00, 0x80, 51, 0x30, 0x31, 0x30, 0x0D, 0x06,
		0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
		0x20 };
	uint8_t cmd[sizeof(head) + CARD_DIGEST_BYTES + 1] = { 0 }; /* Le 00: 256 bytes */
	struct card_answer a;
	memcpy(cmd, head, sizeof(head));
	memcpy(cmd + sizeof(head), digest, CARD_DIGEST_BYTES);
	int r = card_select_known_ef(io, CARD_EF_AUTH_KEY, err);
	if (r == 0)
		r = card_send(io, cmd, sizeof(cmd), &a, err);
	if (r == 0 && (a.sw != CARD_SW_OK || a.bytes != CARD_SIG_BYTES))
		r = CARD_E_BROKEN;
	if (r == 0)
		memcpy(ret_sig, a.data, CARD_SIG_BYTES);
	return r;
}

/* A card swapped meanwhile, or a broken one, is seen here and not at the center. */
static int
card_check_sig(const struct card_info *info, const uint8_t digest[CARD_DIGEST_BYTES],
    const uint8_t sig[CARD_SIG_BYTES], struct err *err)
{
	AUTO(cert) struct cert *cert = NULL;
	int r = cert_parse(info->cert, info->cert_bytes, &cert, err);
	if (r == 0)
		r = cert_verify_digest(cert, digest, sig, CARD_SIG_BYTES, err);
	if (r == CERT_E_BAD_SIGNATURE)
		return CARD_E_BROKEN;
	return err_fold(err, r, "certificate");
}

/* Selecting the application forgets an earlier PIN. */
static int
card_pin_dialogue(
    const struct card_io *io, const struct card_pin *pin, unsigned *ret_left, struct err *err)
{
	int r = card_select_ap(io, err);
	if (r == 0)
		r = card_select_known_ef(io, CARD_EF_AUTH_PIN, err);
	if (r == CARD_E_OTHER_CARD) /* card_begin found it: this is not that card any more */
		r = CARD_E_REMOVED;
	if (r == 0)
		r = card_verify(io, pin, ret_left, err);
	return r;
}

static int
card_pin_is_whole(const struct card_pin *pin, struct err *err)
{
	if (pin->digits == CARD_PIN_DIGITS)
		return 0;
	return err_raise(err, FAULT_BAD_INPUT, "PIN digits", (long)pin->digits);
}

int
card_unlock(const struct card_io *io, int64_t now_ms, struct card_info *info, struct card_pin *pin,
    unsigned *ret_tries_left, struct err *err)
{
	struct card_info got = *info;
	unsigned left = CARD_TRIES_MAX;
	int r = info->kind == CARD_TELEPHONE
	    ? card_pin_is_whole(pin, err)
	    : err_raise(err, FAULT_BAD_INPUT, "not a telephone", info->kind);
	if (r == 0)
		r = card_pin_dialogue(io, pin, &left, err);
	card_pin_clear(pin);
	if (r == 0)
		r = card_read_cert(io, &got, err);
	if (r == 0)
		r = card_check_cert(&got, now_ms, err);
	if (r != 0)
		io->reset(io->self);
	if (r == 0 || r == CARD_E_WRONG_PIN)
		*ret_tries_left = left;
	if (r == 0) {
		*info = got;
		info->unlocked = true;
	}
	return err_trace(err, r, "card");
}

static int
card_sign_dialogue(const struct card_io *io, const struct card_info *info,
    const struct card_pin *pin, const uint8_t digest[CARD_DIGEST_BYTES],
    uint8_t sig[CARD_SIG_BYTES], unsigned *ret_left, struct err *err)
{
	int r = 0;
	if (info->cert_bytes == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "telephone that is not unlocked", 0);
	if (r == 0 && !info->unlocked)
		r = card_pin_is_whole(pin, err);
	if (r == 0 && !info->unlocked)
		r = card_pin_dialogue(io, pin, ret_left, err);
	if (r == 0)
		r = card_compute(io, digest, sig, err);
	if (r == 0)
		r = card_check_sig(info, digest, sig, err);
	return err_trace(err, r, "card");
}

int
card_sign(const struct card_io *io, const struct card_info *info, struct card_pin *pin,
    const uint8_t digest[CARD_DIGEST_BYTES], uint8_t ret_sig[CARD_SIG_BYTES],
    unsigned *ret_tries_left, struct err *err)
{
	uint8_t sig[CARD_SIG_BYTES];
	unsigned left = CARD_TRIES_MAX;
	int r = card_sign_dialogue(io, info, pin, digest, sig, &left, err);
	card_pin_clear(pin);
	io->reset(io->self);
	if (r == 0 || r == CARD_E_WRONG_PIN)
		*ret_tries_left = left;
	if (r == 0)
		memcpy(ret_sig, sig, sizeof(sig));
	return r;
}
