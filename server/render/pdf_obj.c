/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_obj.h"

#include <string.h>

enum {
	PDF_FRAME_BYTES =
	    128 << 10 /* everything of a file but its streams: 40 kB of widths at most */
};

/*
 * The library's objects, thousands of some bytes each, live as long as the document does: they are
 * the arena's. It hands its callbacks nothing that could say whose they are.
 */
static _Thread_local struct arena *pdf_arena;

static void *
pdf_alloc_cb(HPDF_UINT bytes)
{
	return arena_zero(pdf_arena, bytes);
}

static void
pdf_free_cb(void *p)
{
	(void)p;
}

/*
 * The library's own streams copy byte by byte, and every byte three times over.
 * Ours read from where the data lies and write to where the file is to be.
 */
struct source {
	const uint8_t *p;
	size_t bytes;
	size_t at;
};
struct sink {
	uint8_t *p;
	size_t bytes;
	size_t room;
};

static HPDF_STATUS
source_read_cb(HPDF_Stream s, HPDF_BYTE *out, HPDF_UINT *bytes)
{
	struct source *from = s->attr;
	size_t left = from->bytes - from->at;
	size_t n = *bytes < left ? *bytes : left;
	if (n > 0)
		memcpy(out, from->p + from->at, n);
	from->at += n;
	*bytes = (HPDF_UINT)n;
	return from->at == from->bytes ? HPDF_STREAM_EOF : HPDF_OK;
}

static HPDF_STATUS
source_seek_cb(HPDF_Stream s, HPDF_INT at, HPDF_WhenceMode mode)
{
	struct source *from = s->attr;
	if (mode != HPDF_SEEK_SET || at < 0 || (size_t)at > from->bytes)
		return HPDF_INVALID_PARAMETER;
	from->at = (size_t)at;
	return HPDF_OK;
}

static HPDF_INT32
source_tell_cb(HPDF_Stream s)
{
	const struct source *from = s->attr;
	return (HPDF_INT32)from->at;
}

static HPDF_UINT32
source_size_cb(HPDF_Stream s)
{
	const struct source *from = s->attr;
	return (HPDF_UINT32)from->bytes;
}

static HPDF_STATUS
sink_write_cb(HPDF_Stream s, const HPDF_BYTE *p, HPDF_UINT bytes)
{
	struct sink *out = s->attr;
	if (bytes > out->room - out->bytes)
		return HPDF_FILE_IO_ERROR;
	memcpy(out->p + out->bytes, p, bytes);
	out->bytes += bytes;
	return HPDF_OK;
}

void
pdf_init(struct pdf *p, struct arena *a, struct libdeflate_compressor *deflate)
{
	*p = (struct pdf){ .arena = a, .deflate = deflate };
	pdf_arena = a;
	p->doc = HPDF_NewEx(NULL, pdf_alloc_cb, pdf_free_cb, 0, NULL);
	p->failed = p->doc == NULL;
}

void
pdf_done(struct pdf *p)
{
	if (p->doc != NULL)
		HPDF_Free(p->doc);
	p->doc = NULL;
	pdf_arena = NULL;
}

/* Every object and status of the library passes one of these two. */
static void *
made(struct pdf *p, void *obj)
{
	p->failed = p->failed || obj == NULL;
	return obj;
}

static void
done(struct pdf *p, HPDF_STATUS status)
{
	p->failed = p->failed || status != HPDF_OK;
}

HPDF_Dict
pdf_dict(struct pdf *p)
{
	return p->failed ? NULL : made(p, HPDF_Dict_New(p->doc->mmgr));
}

HPDF_Dict
pdf_dict_indirect(struct pdf *p)
{
	HPDF_Dict d = pdf_dict(p);
	if (d != NULL)
		done(p, HPDF_Xref_Add(p->doc->xref, d));
	return p->failed ? NULL : d;
}

HPDF_Array
pdf_array(struct pdf *p)
{
	return p->failed ? NULL : made(p, HPDF_Array_New(p->doc->mmgr));
}

void
pdf_set(struct pdf *p, HPDF_Dict d, const char *key, void *obj)
{
	if (!p->failed && made(p, obj) != NULL)
		done(p, HPDF_Dict_Add(d, key, obj));
}

void
pdf_set_name(struct pdf *p, HPDF_Dict d, const char *key, const char *v)
{
	if (!p->failed)
		done(p, HPDF_Dict_AddName(d, key, v));
}

void
pdf_set_int(struct pdf *p, HPDF_Dict d, const char *key, int v)
{
	if (!p->failed)
		done(p, HPDF_Dict_AddNumber(d, key, v));
}

void
pdf_set_bool(struct pdf *p, HPDF_Dict d, const char *key, bool v)
{
	if (!p->failed)
		done(p, HPDF_Dict_AddBoolean(d, key, v ? HPDF_TRUE : HPDF_FALSE));
}

void
pdf_set_ascii(struct pdf *p, HPDF_Dict d, const char *key, const char *v)
{
	if (!p->failed)
		pdf_set(p, d, key, HPDF_String_New(p->doc->mmgr, v, NULL));
}

static HPDF_Binary
pdf_binary(struct pdf *p, const uint8_t *v, size_t bytes)
{
	HPDF_BYTE copy[256]; /* the library takes no const */
	if (p->failed || bytes > sizeof(copy)) {
		p->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < bytes; i++)
		copy[i] = v[i];
	return made(p, HPDF_Binary_New(p->doc->mmgr, copy, (HPDF_UINT)bytes));
}

void
pdf_set_bytes(struct pdf *p, HPDF_Dict d, const char *key, const uint8_t *v, size_t bytes)
{
	pdf_set(p, d, key, pdf_binary(p, v, bytes));
}

void
pdf_set_ints(struct pdf *p, HPDF_Dict d, const char *key, const int *v, unsigned n)
{
	HPDF_Array a = pdf_array(p);
	for (unsigned i = 0; i < n; i++)
		pdf_push_int(p, a, v[i]);
	pdf_set(p, d, key, a);
}

void
pdf_push(struct pdf *p, HPDF_Array a, void *obj)
{
	if (!p->failed && made(p, obj) != NULL)
		done(p, HPDF_Array_Add(a, obj));
}

void
pdf_push_int(struct pdf *p, HPDF_Array a, int v)
{
	if (!p->failed)
		done(p, HPDF_Array_AddNumber(a, v));
}

void
pdf_push_bytes(struct pdf *p, HPDF_Array a, const uint8_t *v, size_t bytes)
{
	pdf_push(p, a, pdf_binary(p, v, bytes));
}

static HPDF_STATUS
pdf_filter_cb(HPDF_Dict d, HPDF_Stream s)
{
	(void)d;
	return HPDF_Stream_WriteStr(s, "/Filter /FlateDecode\012");
}

/* The object's stream from here on: the library's own is given up. */
static void
stream_set(struct pdf *p, HPDF_Dict d, const void *data, size_t bytes)
{
	struct source *from = arena_zero(p->arena, sizeof(*from));
	*from = (struct source){ .p = data, .bytes = bytes };
	HPDF_Stream s = made(p,
	    HPDF_CallbackReader_New(p->doc->mmgr, source_read_cb, source_seek_cb, source_tell_cb,
		source_size_cb, from));
	if (s == NULL)
		return;
	s->size = (HPDF_UINT)bytes;
	HPDF_Stream_Free(d->stream);
	d->stream = s;
	d->filter = HPDF_STREAM_FILTER_NONE;
	p->stream_bytes += bytes;
}

HPDF_Dict
pdf_stream_kept(struct pdf *p, const void *data, size_t bytes)
{
	if (p->failed)
		return NULL;
	HPDF_Dict d = made(p, HPDF_DictStream_New(p->doc->mmgr, p->doc->xref));
	if (d != NULL)
		stream_set(p, d, data, bytes);
	return p->failed ? NULL : d;
}

HPDF_Dict
pdf_stream_raw(struct pdf *p, const void *data, size_t bytes)
{
	return p->failed ? NULL : pdf_stream_kept(p, arena_memdup(p->arena, data, bytes), bytes);
}

HPDF_Dict
pdf_stream_deflated(struct pdf *p, const void *data, size_t bytes)
{
	HPDF_Dict d = pdf_stream_kept(p, data, bytes);
	if (d != NULL)
		d->write_fn = pdf_filter_cb;
	return d;
}

const uint8_t *
pdf_stream_data(const struct pdf *p, HPDF_Dict d, size_t *ret_bytes)
{
	if (p->failed)
		return NULL;
	const struct source *from = d->stream->attr;
	*ret_bytes = from->bytes;
	return from->p;
}

void
pdf_fill(struct pdf *p, HPDF_Dict d, const void *data, size_t bytes)
{
	size_t room = libdeflate_zlib_compress_bound(p->deflate, bytes);
	uint8_t *z = arena_zero(p->arena, room);
	size_t n = libdeflate_zlib_compress(p->deflate, data, bytes, z, room);
	p->failed = p->failed || n == 0;
	if (p->failed)
		return;
	stream_set(p, d, z, n);
	d->write_fn = pdf_filter_cb;
}

HPDF_Dict
pdf_stream(struct pdf *p, const void *data, size_t bytes)
{
	HPDF_Dict d = pdf_stream_kept(p, "", 0);
	if (d != NULL)
		pdf_fill(p, d, data, bytes);
	return p->failed ? NULL : d;
}

bool
pdf_save(struct pdf *p, uint8_t **ret, size_t *ret_bytes)
{
	if (p->failed)
		return false;
	struct sink out = { .room = p->stream_bytes + PDF_FRAME_BYTES };
	out.p = arena_zero(p->arena, out.room);
	p->doc->stream = made(p, HPDF_CallbackWriter_New(p->doc->mmgr, sink_write_cb, &out));
	if (!p->failed)
		done(p, HPDF_SaveToStream(p->doc));
	if (p->failed)
		return false;
	*ret = out.p;
	*ret_bytes = out.bytes;
	return true;
}
