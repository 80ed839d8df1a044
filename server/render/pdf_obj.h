/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf_obj - libharu's objects, sticky: after the first refusal of the library
 * every further call does nothing and gives NULL; ask once, at the end, with
 * pdf_ok(). The only header that includes hpdf's; for pdf_*.c alone.
 */
#pragma once
#include "base/arena.h"
#include <hpdf.h>
#include <hpdf_pages.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>

struct pdf {
	HPDF_Doc doc;
	struct arena *arena; /* what is deflated stays in it until the file is written */
	struct libdeflate_compressor *deflate;
	size_t stream_bytes; /* of all streams so far */
	bool failed;
};

/* One document at a time in a thread: what libharu makes until pdf_done() is @a's. */
void pdf_init(struct pdf *p, struct arena *a, struct libdeflate_compressor *deflate);
void pdf_done(struct pdf *p);
/* Writes the file; *ret lives in the arena. False when the library refuses. */
bool pdf_save(struct pdf *p, uint8_t **ret, size_t *ret_bytes);
static inline bool
pdf_ok(const struct pdf *p)
{
	return !p->failed;
}

HPDF_Dict pdf_dict(struct pdf *p);          /* direct */
HPDF_Dict pdf_dict_indirect(struct pdf *p); /* an object of its own */
HPDF_Array pdf_array(struct pdf *p);
void pdf_set(struct pdf *p, HPDF_Dict d, const char *key, void *obj);
void pdf_set_name(struct pdf *p, HPDF_Dict d, const char *key, const char *v);
void pdf_set_int(struct pdf *p, HPDF_Dict d, const char *key, int v);
void pdf_set_bool(struct pdf *p, HPDF_Dict d, const char *key, bool v);
void pdf_set_ascii(struct pdf *p, HPDF_Dict d, const char *key, const char *v);
/* Bytes as a hex string. */
void pdf_set_bytes(struct pdf *p, HPDF_Dict d, const char *key, const uint8_t *v, size_t bytes);
void pdf_set_ints(struct pdf *p, HPDF_Dict d, const char *key, const int *v, unsigned n);
void pdf_push(struct pdf *p, HPDF_Array a, void *obj);
void pdf_push_int(struct pdf *p, HPDF_Array a, int v);
void pdf_push_bytes(struct pdf *p, HPDF_Array a, const uint8_t *v, size_t bytes);

/* A stream object: a copy of @data, or deflated here and now. */
HPDF_Dict pdf_stream_raw(struct pdf *p, const void *data, size_t bytes);
HPDF_Dict pdf_stream(struct pdf *p, const void *data, size_t bytes);
/* As it is, or deflated already; @data stays the caller's until pdf_done(). */
HPDF_Dict pdf_stream_kept(struct pdf *p, const void *data, size_t bytes);
HPDF_Dict pdf_stream_deflated(struct pdf *p, const void *data, size_t bytes);
/* Fills an empty stream object (a page's content) with deflated @data. */
void pdf_fill(struct pdf *p, HPDF_Dict d, const void *data, size_t bytes);
/* The bytes of a stream object as the file will have them; NULL after a refusal. */
const uint8_t *pdf_stream_data(const struct pdf *p, HPDF_Dict d, size_t *ret_bytes);
