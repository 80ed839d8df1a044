/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card - the resident's マイナンバーカード: its 利用者証明用電子証明書 and one signature.
 *
 * Raw APDUs over PC/SC, no PKCS#11: 15 commands instead of 40 to 70, and exact
 * words about the PIN's tries. The dialogue (card_begin, card_sign) knows only
 * struct card_io, so that tests put an emulated card, or a broken one, behind it;
 * struct card_reader is the PC/SC side.
 *
 *   card_reader_open            once, at the start of the program
 *   card_reader_wait CARD       by event, never by polling
 *   card_reader_connect         exclusive; gives the struct card_io
 *   card_begin                  certificate and tries left; spends no try
 *   card_unlock                 telephones alone: PIN, then certificate
 *   card_sign                   one VERIFY, one signature, checked here
 *   card_reader_disconnect      resets the card
 *   card_reader_wait EMPTY      "please take your card"
 *
 * The card is reset, and with it the verified PIN forgotten, at the end of
 * card_sign however it ends. The 券面入力補助AP (個人番号) is never touched.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CARD_CERT_MAX_BYTES = 4096, /* longest certificate that is read */
	CARD_SIG_BYTES = 256,       /* RSA-2048 */
	CARD_DIGEST_BYTES = 32,
	CARD_PIN_DIGITS = 4,
	CARD_ANSWER_MAX_BYTES = 258, /* a short answer: 256 bytes and the status word */
	CARD_COMMAND_MAX_BYTES = 261,
	CARD_READERS_MAX = 8,
};

/* Outcomes. */
enum {
	CARD_E_NO_READER = 2001,
	CARD_E_NO_CARD = 2002,
	CARD_E_OTHER_CARD = 2003,   /* no JPKI application: not a マイナンバーカード */
	CARD_E_OLD_CARD = 2004,     /* 住基カード */
	CARD_E_NO_AUTH_CERT = 2005, /* no 利用者証明用電子証明書 on it */
	CARD_E_EXPIRED = 2006,
	CARD_E_WRONG_PIN = 2007, /* ret_tries_left says how many are left, at least 1 */
	CARD_E_LOCKED = 2008,    /* no try left; only the municipality's window can help */
	CARD_E_REMOVED = 2009,
	CARD_E_TWO_CARDS = 2010,
	CARD_E_READER = 2011, /* the reader or pcscd failed, or the card does not answer */
	CARD_E_PHONE = 2012,  /* the certificate of a telephone, and this kiosk takes none */
	CARD_E_BROKEN = 2013, /* the card's answers break its specification, or its signature is
				 wrong */
	CARD_E_TIMEOUT = 2014,
	CARD_E_CANCELLED = 2015,
	CARD_E_TAKEN = 2016, /* another program holds the card */
};
/* Short name for events and screens: "no-reader", "wrong-pin", ...; "unknown" for no outcome. */
const char *card_outcome_name(int outcome);

/*
 * Where APDUs go. transmit gives 0 and *ret_bytes of answer (0..@room); an
 * answer under 2 bytes is taken for a removed card, never for a status. Else it
 * gives CARD_E_REMOVED, CARD_E_READER or a fault. reset makes the card forget
 * the PIN; afterwards the card may be spoken to again from the beginning.
 */
struct card_io {
	void *self;
	int (*transmit)(void *self, const uint8_t *cmd, size_t cmd_bytes, uint8_t *answer,
	    size_t room, size_t *ret_bytes);
	void (*reset)(void *self);
};

enum card_kind {
	CARD_PLASTIC,
	CARD_TELEPHONE /* スマホ用電子証明書: shows its certificate only after the PIN */
};
struct card_info {
	enum card_kind kind;
	bool unlocked;       /* by card_unlock: the PIN has been sent */
	unsigned tries_left; /* 1..3; at 1 the screen warns and asks before it goes on */
	int64_t not_after_ms;
	size_t cert_bytes;                 /* 0: a telephone's, not unlocked yet */
	uint8_t cert[CARD_CERT_MAX_BYTES]; /* DER */
};

/*
 * Reads the tries left and, but of a telephone, the certificate. @now_ms judges the certificate's
 * end. *ret is complete when 0 is returned. Returns 0; CARD_E_OTHER_CARD, OLD_CARD, NO_AUTH_CERT,
 * EXPIRED, LOCKED, REMOVED, READER, BROKEN (after all of which the card has been reset); or a
 * fault.
 */
MUST_USE int card_begin(
    const struct card_io *io, int64_t now_ms, struct card_info *ret, struct err *err);

/* A PIN being typed, in locked memory that is left out of core dumps. */
struct card_pin;
void card_pin_free(struct card_pin *pin); /* wipes */
DEFINE_AUTO(card_pin)
/* NULL when no memory can be locked: then no PIN may be asked for. */
OWNED_BY_CALLER(card_pin_free) struct card_pin *card_pin_new(void);
/* @digit 0..9. Returns the number of digits typed; a fifth is dropped. */
unsigned card_pin_push(struct card_pin *pin, unsigned digit);
unsigned card_pin_pop(struct card_pin *pin);
void card_pin_clear(struct card_pin *pin);
unsigned card_pin_digits(const struct card_pin *pin);

/*
 * A telephone, after card_begin: sends the PIN once and reads the certificate into
 * @info; the PIN stays verified until card_sign, which then needs none. @pin is
 * cleared on every path; the card is reset on all but 0. Returns and writes as
 * card_sign; also CARD_E_NO_AUTH_CERT, EXPIRED.
 */
MUST_USE int card_unlock(const struct card_io *io, int64_t now_ms, struct card_info *info,
    struct card_pin *pin, unsigned *ret_tries_left, struct err *err);
/*
 * Sends the PIN once (unless @info is unlocked), lets the card sign @digest (SHA-256, PKCS#1 v1.5),
 * checks the signature against @info's certificate. @pin is cleared and the card reset on every
 * path; a failed transmission is never sent again, because it may have spent a try. *ret_tries_left
 * is written with 0 is returned (3) and with CARD_E_WRONG_PIN. Returns 0; CARD_E_WRONG_PIN, LOCKED,
 * REMOVED, READER, BROKEN; FAULT_BAD_INPUT when @pin, being needed, has not four digits, or a
 * telephone was not unlocked; or another fault.
 */
MUST_USE int card_sign(const struct card_io *io, const struct card_info *info, struct card_pin *pin,
    const uint8_t digest[CARD_DIGEST_BYTES], uint8_t ret_sig[CARD_SIG_BYTES],
    unsigned *ret_tries_left, struct err *err);

/* The kiosk's reader, or several of one name's beginning (contact and contactless). */
struct card_reader;
void card_reader_free(struct card_reader *r); /* disconnects */
DEFINE_AUTO(card_reader)

/*
 * @name: a reader's name or its beginning; NULL takes whatever readers there are.
 * Opens also when no reader is plugged in at the moment. Returns 0; FAULT_CONFIG
 * when pcscd writes APDUs, and so PINs, into its log, or when it cannot be told;
 * FAULT_UNAVAILABLE when there is no pcscd.
 */
MUST_USE int card_reader_open(const char *name, struct card_reader **ret, struct err *err);

enum card_want {
	CARD_WANT_READER, /* any of the readers is there */
	CARD_WANT_CARD,   /* exactly one card is there */
	CARD_WANT_EMPTY,  /* no card is there */
};
/*
 * Waits up to @timeout_ms (-1: for ever). Returns 0 when it is so; CARD_E_TIMEOUT;
 * CARD_E_CANCELLED; CARD_E_NO_READER (WANT_CARD and WANT_EMPTY: the last reader
 * went away); CARD_E_TWO_CARDS (WANT_CARD); CARD_E_READER (a card that does not
 * answer, or pcscd went away: wait again later).
 */
MUST_USE int card_reader_wait(
    struct card_reader *r, enum card_want want, int64_t timeout_ms, struct err *err);
/* Ends a wait from another thread. */
void card_reader_cancel(struct card_reader *r);

/*
 * Connects exclusively to the one card. *ret is valid until disconnect. Returns
 * 0; CARD_E_NO_READER, NO_CARD, TWO_CARDS, TAKEN, REMOVED, READER; or a fault.
 */
MUST_USE int card_reader_connect(struct card_reader *r, struct card_io *ret, struct err *err);
/* Resets the card and lets it go; may be called twice. */
void card_reader_disconnect(struct card_reader *r);

/*
 * True when a pcscd started with these arguments (NUL-separated, as in
 * /proc/<pid>/cmdline) writes APDUs into its log. Exported for its test.
 */
_Bool card_pcscd_logs_apdus(const char *cmdline, size_t bytes);
