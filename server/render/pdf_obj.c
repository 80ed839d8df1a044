/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_obj.h"

#include "base/mem.h"

static void *
pdf_alloc_cb(HPDF_UINT bytes)
{
	return mem_zero(bytes);
}

static void
pdf_free_cb(void *p)
{
	mem_free(p);
}

void
pdf_init(struct pdf *p, struct libdeflate_compressor *deflate)
{
	*p = (struct pdf){ .deflate = deflate };
	p->doc = HPDF_NewEx(NULL, pdf_alloc_cb, pdf_free_cb, 0, NULL);
	p->failed = p->doc == NULL;
}

void
pdf_done(struct pdf *p)
{
	if (p->doc != NULL)
		HPDF_Free(p->doc);
	p->doc = NULL;
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

HPDF_Dict
pdf_stream_raw(struct pdf *p, const void *data, size_t bytes)
{
	if (p->failed)
		return NULL;
	HPDF_Dict d = made(p, HPDF_DictStream_New(p->doc->mmgr, p->doc->xref));
	if (d == NULL)
		return NULL;
	d->filter = HPDF_STREAM_FILTER_NONE;
	done(p, HPDF_Stream_Write(d->stream, data, (HPDF_UINT)bytes));
	return p->failed ? NULL : d;
}

HPDF_Dict
pdf_stream_deflated(struct pdf *p, const void *data, size_t bytes)
{
	HPDF_Dict d = pdf_stream_raw(p, data, bytes);
	if (d != NULL)
		d->write_fn = pdf_filter_cb;
	return d;
}

void
pdf_fill(struct pdf *p, HPDF_Dict d, const void *data, size_t bytes)
{
	size_t room = libdeflate_zlib_compress_bound(p->deflate, bytes);
	uint8_t *z = mem_zero(room);
	size_t n = libdeflate_zlib_compress(p->deflate, data, bytes, z, room);
	if (!p->failed && n != 0) {
		d->filter = HPDF_STREAM_FILTER_NONE;
		d->write_fn = pdf_filter_cb;
		done(p, HPDF_Stream_Write(d->stream, z, (HPDF_UINT)n));
	}
	p->failed = p->failed || n == 0;
	mem_free(z);
}

HPDF_Dict
pdf_stream(struct pdf *p, const void *data, size_t bytes)
{
	HPDF_Dict d = pdf_stream_raw(p, "", 0);
	if (d != NULL)
		pdf_fill(p, d, data, bytes);
	return p->failed ? NULL : d;
}
