/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - one change of the stream (docs/PROTOCOL.md section 6), parsed and
 * checked. What cannot be read parks its person, so a refusal says whom it was
 * about, as far as that could be made out, and whether it may have been
 * negative news.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "domain/resident.h"
#include "pki/cert.h"
#include "wire/js.h"

#include <stdbool.h>

enum sync_kind { SYNC_RESIDENT = 1, SYNC_SEAL = 2, SYNC_CARD = 3, SYNC_BLOCK = 4 };

enum {
	RECORD_E_UNREADABLE = 1121,
	RECORD_MAX_RIREKI = 1000000000,
	RECORD_MAX_NARABI = 9999,
	RECORD_MAX_NUMBER_BYTES = 15, /* 宛名番号, 世帯番号 */
};

struct sync_card {
	bool active;
	uint8_t issuer[CERT_KEY_HASH_BYTES];
	uint8_t serial[CERT_MAX_SERIAL];
	size_t serial_bytes;
};
struct sync_block {
	bool active;
	unsigned kinds; /* bits 1 << enum doc_kind */
};
struct sync_record {
	enum sync_kind kind;
	const char *atena_no; /* NULL: a block of a household */
	const char *setai_no; /* that household, or where a resident belongs; else NULL */
	uint32_t rireki_no;   /* of the record's own history: rows, seal, cards, blocks */
	union {
		struct resident resident;
		struct seal_row seal;
		struct sync_card card;
		struct sync_block block;
	};
};

struct sync_unreadable {
	const char *atena_no; /* NULL: it could not be told */
	/* Not surely good news: a block, or a state that is not plainly "registered". */
	bool security;
};

/*
 * A card's serial in hexadecimal digits, lower case; zeros before it mean nothing. False: no
 * serial, or longer than one may be.
 */
bool record_serial(struct sync_card *c, const char *hex, size_t bytes);

/*
 * Texts live in @o, a seal's image in the arena. Returns 0, or RECORD_E_UNREADABLE with
 * *ret_bad filled in and the reason in the trail.
 */
MUST_USE int record_parse(struct arena *a, struct muni_code muni, const json_t *o,
    struct sync_record *ret, struct sync_unreadable *ret_bad, struct err *err);
