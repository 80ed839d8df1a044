/* SPDX-License-Identifier: Apache-2.0 */
/* emu_card - what is on the card; between emu.c (commands) and emu_store.c (the folder). */
#pragma once
#include "base/arena.h"
#include "tests/world/card/emu.h"

#include <openssl/evp.h>

enum {
	EMU_N_APS = 2,
	EMU_N_EFS = 8,
	EMU_N_PINS = 4,
	EMU_N_KEYS = 2,
	EMU_PIN_MAX = 16,
	EMU_TRIES_MAX = 15, /* 63Cx has one digit for them */
	EMU_AID_BYTES = 10,
};
/* Files of the JPKI-AP. */
enum {
	EF_SIGN_CERT = 0x0001,
	EF_SIGN_CA = 0x0002,
	EF_TOKEN = 0x0006,
	EF_HAVE = 0x0008,
	EF_AUTH_CERT = 0x000A,
	EF_AUTH_CA = 0x000B,
	EF_AUTH_KEY = 0x0017,
	EF_AUTH_PIN = 0x0018,
	EF_SIGN_KEY = 0x001A,
	EF_SIGN_PIN = 0x001B,
};

struct emu_ef {
	uint16_t id;
	uint16_t need; /* the PIN it needs; 0: none */
	const uint8_t *data;
	size_t bytes;
};
struct emu_pin {
	uint16_t id;
	char value[EMU_PIN_MAX + 1];
	int max, left;
	bool verified;
};
struct emu_key {
	uint16_t id;
	uint16_t need;
	EVP_PKEY *key;
};
struct emu_ap {
	uint8_t aid[EMU_AID_BYTES];
	struct emu_ef ef[EMU_N_EFS];
	size_t n_efs;
	struct emu_pin pin[EMU_N_PINS];
	size_t n_pins;
	struct emu_key key[EMU_N_KEYS];
	size_t n_keys;
};
struct emu {
	struct arena *arena;
	const char *dir;
	struct emu_ap ap[EMU_N_APS];
	struct emu_ap *now; /* the selected application, NULL after a reset */
	uint16_t ef;        /* the selected file, 0 none */
};

/* Returns false, with a message on stderr, when the folder is no card. */
bool emu_store_load(struct emu *e);
/* The tries reach the disk before anyone hears the answer; ends the process if they cannot. */
void emu_store_save_pins(const struct emu *e);
