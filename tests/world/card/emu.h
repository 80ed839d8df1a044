/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emu - an emulated マイナンバーカード: JPKI-AP and 券面入力補助AP.
 *
 * Commands and status words are those seen on test cards of the test hierarchy;
 * OpenSC's jpki driver is the judge (card_test.sh). Nothing here knows of readers:
 * unit tests call emu_apdu() directly, world-card puts it behind vpcd.
 *
 * The card's folder (world-jpki card): auth_cert.der auth_ca.der auth_key.pem
 * sign_cert.der sign_ca.der sign_key.pem text_0001.bin text_0002.bin token.bin
 * (EF 0006) have.bin (EF 0008) and pins.state, which is the card's non-volatile
 * memory: "AP ID VALUE MAX LEFT" a line, written and fsynced before an answer.
 */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EMU_COMMAND_MAX_BYTES = 65536,
	EMU_ANSWER_MAX_BYTES = 65536 + 2, /* an extended READ BINARY and its status word */
	EMU_FILE_MAX_BYTES = 32767,       /* READ BINARY has 15 bits of offset */
};

struct emu;
void emu_free(struct emu *e);
DEFINE_AUTO(emu)
/* Loads a card; NULL, with a message on stderr, when the folder is not one. */
OWNED_BY_CALLER(emu_free) struct emu *emu_open(const char *dir);
/* Answers one command; @out has room for EMU_ANSWER_MAX_BYTES. Returns 2 or more. */
size_t emu_apdu(struct emu *e, const uint8_t *in, size_t bytes, uint8_t *out);
/* Power off and on: verified PINs and selections are gone, tries are not. */
void emu_reset(struct emu *e);

/* What the tests ask of the inside. */
bool emu_pin_is_verified(const struct emu *e, uint16_t id);
int emu_pin_left(const struct emu *e, uint16_t id);
/* Sets the tries left, as if they had been spent. */
void emu_pin_set_left(struct emu *e, uint16_t id, int left);
/* True for VERIFY and CHANGE REFERENCE DATA: their bodies are secret. */
bool emu_is_secret(const uint8_t *in, size_t bytes);
bool emu_is_signature(const uint8_t *in, size_t bytes);
