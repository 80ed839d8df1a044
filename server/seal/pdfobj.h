/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/pdfobj - the objects of a PDF file as our own renderer writes them:
 * header, objects 1..n one behind the other, one table of them, one trailer,
 * no byte in between. Anything else a PDF may be (updates, object streams,
 * encryption, comments, other generations) is refused.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PDFOBJ_MAX_OBJECTS = 1000,
	PDFOBJ_MAX_DEPTH = 8,
	PDFOBJ_MAX_ITEMS = 20000,               /* members of one array or dictionary */
	PDFOBJ_MAX_INFLATED = 16 * 1024 * 1024, /* one stream */
	PDFOBJ_MAX_NAME = 127,
};

enum pdfobj_type {
	PDFOBJ_NULL = 0,
	PDFOBJ_BOOL,
	PDFOBJ_NUMBER,
	PDFOBJ_NAME,
	PDFOBJ_STRING,
	PDFOBJ_ARRAY,
	PDFOBJ_DICT,
	PDFOBJ_REF,
	PDFOBJ_STREAM, /* the dictionary with data behind it */
};
struct pdfobj {
	enum pdfobj_type type;
	bool is_int;
	int64_t n;        /* number in 1/1000; bool; ref: the object's number */
	const char *text; /* name without '/', string's bytes */
	size_t bytes;     /* of text; stream: of data */
	const uint8_t *data;
	size_t n_items; /* array: items; dict: pairs, names in keys */
	struct pdfobj *items;
	const char **keys;
};
enum { PDFOBJ_SCALE = 1000 };

struct pdffile {
	struct arena *arena;
	const uint8_t *p;
	size_t bytes;
	unsigned n_objects; /* numbers 1..n_objects - 1 */
	struct pdfobj *objects;
	struct pdfobj trailer;
};

/* Reads the whole file; what it points at lives in @p and the arena. 0 or FAULT_BAD_INPUT. */
MUST_USE int pdffile_read(
    struct arena *a, const void *p, size_t bytes, struct pdffile *ret, struct err *err);
/* The member, a reference followed; NULL when it is not there. */
const struct pdfobj *pdfobj_get(
    const struct pdffile *f, const struct pdfobj *dict, const char *key);
/* Follows a reference; NULL for one to nothing. */
const struct pdfobj *pdfobj_follow(const struct pdffile *f, const struct pdfobj *o);
bool pdfobj_is_name(const struct pdfobj *o, const char *name); /* NULL is fine */
/* Exactly these members ('?' at the end: may be missing) and no others. */
bool pdfobj_members(const struct pdfobj *dict, const char *const *names);
/* A whole number within the range. */
bool pdfobj_int(const struct pdfobj *o, int64_t min, int64_t max, int64_t *ret);
/* A stream's bytes, inflated when its Filter says so. 0 or FAULT_BAD_INPUT. */
MUST_USE int pdfobj_data(const struct pdffile *f, const struct pdfobj *stream, const uint8_t **ret,
    size_t *ret_bytes, struct err *err);

/* The lexer, shared with the reader of contents. */
struct pdflex {
	const uint8_t *p;
	size_t bytes;
	size_t at;
	unsigned depth;
};
void pdflex_space(struct pdflex *l);
/* The literal word, followed by no regular character. */
bool pdflex_word(struct pdflex *l, const char *word);
/* One number in 1/1000: [-]digits[.digits]. */
bool pdflex_number(struct pdflex *l, int64_t *ret, bool *ret_is_int);
bool pdflex_name(struct pdflex *l, struct arena *a, const char **ret);
