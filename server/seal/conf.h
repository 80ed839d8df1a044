/* SPDX-License-Identifier: Apache-2.0 */
/* seal/conf - the configuration of kofu-seal. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "domain/profile.h"
#include "pki/key.h"
#include "pki/token.h"
#include <stdint.h>

enum { SEAL_MAX_MUNIS = 256 };

struct seal_muni_conf { /* "[municipality 991015]" */
	const char *code;
	const char *profile; /* path */
	struct profile parsed;
	uint8_t profile_sha256[32]; /* confdigest_json() */
};
struct seal_conf {
	const char *socket;
	int64_t workers;
	int64_t uid;          /* who may ask; -1 = the uid it runs under */
	const char *keys_dir; /* directories and roots, <code>.json and <code>.root.json */
	int64_t overlap_s;    /* that a generation is announced before it signs */
	struct token_conf token;
	const char *inquiry_key; /* path of the inquiry site's public key, PEM or JSON */
	const char *pins, *policy;
	const char *fonts; /* manifest of the font stack, the renderer's */
	struct seal_muni_conf *munis;
	unsigned n_munis;
};
/* Reads the file and the profiles it names. 0 or FAULT_CONFIG, after telling the operator. */
MUST_USE int seal_conf_load(
    struct arena *a, const char *path, struct seal_conf *ret, struct err *err);
/* NULL when it is not configured. */
const struct seal_muni_conf *seal_conf_muni(const struct seal_conf *c, struct muni_code muni);
/*
 * A public key from a file: SubjectPublicKeyInfo PEM, or JSON
 * {"kid":<16 hex>,"point":b64} alone or as the only one in {"keys":[...]}.
 * 0 or FAULT_CONFIG.
 */
MUST_USE int seal_conf_point(const char *path, struct key_point *ret, struct err *err);
