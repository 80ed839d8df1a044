/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader - RFC 4180 read strictly, row by row, in little memory: a header, as
 * many fields in every row, CRLF or LF, quotes only around a whole field.
 * Bytes that the encoding does not have are a fault, never a replacement; a
 * character that it writes in two ways, of which only one comes back, is told.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	READER_E_END = 1031,
	READER_E_BAD = 1032, /* the row breaks a rule: reader_rule(), reader_line() */
	READER_MAX_FIELDS = 64,
	READER_MAX_ROW_BYTES = 128 * 1024, /* UTF-8, of which a seal's picture is the most */
};

/* Why a file is not taken. Each has a name in csv_rule_name(). */
enum csv_rule {
	CSV_RULE_NONE,
	CSV_RULE_ENCODING,  /* bytes that are no character in the file's encoding */
	CSV_RULE_QUOTES,    /* a quote inside a plain field, or text behind a closed one */
	CSV_RULE_LINE_END,  /* CR without LF, or the file ends within quotes */
	CSV_RULE_FIELDS,    /* more or fewer fields than the header */
	CSV_RULE_ROW_LIMIT, /* row over READER_MAX_ROW_BYTES or READER_MAX_FIELDS */
	CSV_RULE_HEADER,  /* a column that the mapping does not know, or one that is there twice */
	CSV_RULE_MISSING, /* a column that the mapping wants is not there */
	CSV_RULE_EMPTY,   /* must not be empty */
	CSV_RULE_TEXT,    /* a control character */
	CSV_RULE_LENGTH,  /* more characters than the dictionary allows */
	CSV_RULE_NUMBER,  /* no whole number from 1 */
	CSV_RULE_CODE,    /* a code that is not in the mapping or the dictionary */
	CSV_RULE_HEX,     /* not hex, or not of the right length */
	CSV_RULE_ROW,     /* each field is right, together they are not */
	CSV_RULE_TWIN,    /* a character that would be written back as other bytes (CP932) */
};
/* "encoding", "quotes" ...: stable, for the operator and for scripts. */
const char *csv_rule_name(enum csv_rule rule);

struct csv_row {
	unsigned n;
	/* NUL-terminated UTF-8, good until the next call; a NUL byte in the file is a fault. */
	const char *field[READER_MAX_FIELDS];
	unsigned long line; /* where the row starts; the header is line 1 */
	uint64_t twins;     /* bit i: field i has a character of CSV_RULE_TWIN */
};

struct reader;
void reader_free(struct reader *r); /* wipes */
DEFINE_AUTO(reader)
/*
 * Reads @fd (not closed) from where it stands; @encoding as iconv names it.
 * Returns 0 or FAULT_CONFIG for an encoding that is not known.
 */
MUST_USE int reader_new(int fd, const char *encoding, struct reader **ret, struct err *err);
/* Returns 0, READER_E_END, READER_E_BAD (read on is not possible), or FAULT_UNAVAILABLE. */
MUST_USE int reader_next(struct reader *r, struct csv_row *ret, struct err *err);
enum csv_rule reader_rule(const struct reader *r);
unsigned long reader_line(const struct reader *r);
/* SHA-256 of the bytes read so far; of the whole file after READER_E_END. */
void reader_digest(const struct reader *r, uint8_t out[32]);
