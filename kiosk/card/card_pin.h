/* SPDX-License-Identifier: Apache-2.0 */
/* card_pin - the inside of a PIN being typed; for card.c alone. */
#pragma once
#include "kiosk/card/card.h"

enum { CARD_VERIFY_HEAD_BYTES = 5, CARD_VERIFY_BYTES = CARD_VERIFY_HEAD_BYTES + CARD_PIN_DIGITS };

/* The digits stand where the command wants them, so that no second copy is ever made. */
struct card_pin {
	unsigned digits;
	uint8_t verify[CARD_VERIFY_BYTES]; /* 00 20 00 80 04 and the digits */
};
