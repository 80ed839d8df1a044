/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/manifest.h"
#include "base/text.h"
#include "domain/muni.h"
#include "wire/js.h"

#include <string.h>

static int
manifest_pages(const json_t *o, struct manifest_copy *ret, struct err *err)
{
	static const char *const members[] = { "front", "back", "back_at", NULL };
	const json_t *list = NULL;
	uint8_t digest[32];
	int64_t at = 0;
	int r = js_array(o, "pages", MANIFEST_MAX_PAGES, &list, err);
	if (r == 0 && json_array_size(list) == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "copy without a page", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const json_t *page = json_array_get(list, i);
		r = js_members(page, members, err);
		if (r == 0)
			r = js_hex(page, "front", digest, sizeof(digest), err);
		if (r == 0)
			r = js_hex(page, "back", digest, sizeof(digest), err);
		if (r == 0)
			r = js_int(page, "back_at", 0, MANIFEST_MAX_PDF_BYTES, &at, err);
	}
	if (r)
		return err_trace(err, r, "pages");
	ret->n_pages = (unsigned)json_array_size(list);
	return 0;
}

bool
manifest_is_number(const char *s)
{
	size_t n = strlen(s);
	return n >= 1 &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int
manifest_copy(const json_t *o, struct manifest_copy *ret, struct err *err)
{
	static const char *const members[] = { "number", "serial", "pdf_bytes", "pdf_sha256",
		"pages", NULL };
	const char *number = NULL;
	uint8_t digest[32];
	int64_t bytes = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "number", MANIFEST_MAX_NUMBER, &number, err);
	if (r == 0)
		r = js_hex(o, "serial", ret->serial, sizeof(ret->serial), err);
	if (r == 0)
		r = js_int(o, "pdf_bytes", 1, MANIFEST_MAX_PDF_BYTES, &bytes, err);
	if (r == 0)
		r = js_hex(o, "pdf_sha256", digest, sizeof(digest), err);
	if (r == 0)
		r = manifest_pages(o, ret, err);
	if (r)
		return err_trace(err, r, "copy");
	if (!manifest_is_number(number))
		return err_raise(err, FAULT_BAD_INPUT, "number", 0);
	memcpy(ret->number, number, strlen(number) + 1);
	return 0;
}

static int
manifest_copies(const json_t *o, struct manifest *m, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "copies", ORDER_MAX_COPIES, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		struct manifest_copy *c = &m->copies[i];
		r = manifest_copy(json_array_get(list, i), c, err);
		for (size_t j = 0; r == 0 && j < i; j++)
			if (strcmp(c->number, m->copies[j].number) == 0 ||
			    memcmp(c->serial, m->copies[j].serial, sizeof(c->serial)) == 0)
				r = err_raise(err, FAULT_BAD_INPUT, "number twice", (long)i);
	}
	if (r)
		return err_trace(err, r, "copies");
	m->n_copies = (unsigned)json_array_size(list);
	return m->n_copies > 0 ? 0 : err_raise(err, FAULT_BAD_INPUT, "no copy", 0);
}

static int
manifest_what(const json_t *o, struct manifest *m, struct err *err)
{
	const char *muni = NULL;
	const char *kind = NULL;
	int64_t v = 0;
	int r = js_int(o, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_hex(o, "order", m->order.b, ORDER_ID_BYTES, err);
	if (r == 0)
		r = js_hex(o, "th", m->th, sizeof(m->th), err);
	if (r == 0)
		r = js_hex(o, "oh", m->oh, sizeof(m->oh), err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0)
		r = js_text(o, "kind", 16, &kind, err);
	if (r)
		return err_trace(err, r, "manifest");
	m->kind = doc_kind_find(kind);
	if (m->kind == 0 || !muni_parse(muni, strlen(muni), &m->muni))
		return err_raise(err, FAULT_BAD_INPUT, "kind or municipality", 0);
	return 0;
}

static int
manifest_when(const json_t *o, struct manifest *m, struct err *err)
{
	const char *build = NULL;
	int64_t rireki = 0, schema = 0;
	int r = js_int(o, "rireki", 1, UINT32_MAX, &rireki, err);
	if (r == 0)
		r = js_int(o, "register_ms", 1, INT64_MAX, &m->register_ms, err);
	if (r == 0)
		r = js_int(o, "issued_ms", 1, INT64_MAX, &m->issued_ms, err);
	if (r == 0)
		r = js_int(o, "not_after_ms", 1, INT64_MAX, &m->not_after_ms, err);
	if (r == 0)
		r = js_int(o, "schema", 1, INT32_MAX, &schema, err);
	if (r == 0)
		r = js_text(o, "build", MANIFEST_MAX_BUILD, &build, err);
	if (r == 0)
		r = js_hex(o, "kid", m->kid.b, KEY_ID_BYTES, err);
	if (r)
		return err_trace(err, r, "manifest");
	if (build[0] == '\0' || !text_is_clean_utf8(build, strlen(build)))
		return err_raise(err, FAULT_BAD_INPUT, "build", 0);
	memcpy(m->build, build, strlen(build) + 1);
	m->schema = (unsigned)schema;
	return 0;
}

int
manifest_parse(const void *json, size_t bytes, struct manifest *ret, struct err *err)
{
	static const char *const members[] = { "v", "order", "th", "oh", "muni", "kind", "copies",
		"rireki", "register_ms", "issued_ms", "not_after_ms", "build", "schema", "kid",
		NULL };
	AUTO(json_t) json_t *o = NULL;
	struct manifest m = { .n_copies = 0 };
	if (bytes > MANIFEST_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "manifest over its limit", (long)bytes);
	int r = js_parse(json, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = manifest_what(o, &m, err);
	if (r == 0)
		r = manifest_copies(o, &m, err);
	if (r == 0)
		r = manifest_when(o, &m, err);
	if (r)
		return err_trace(err, r, "manifest_parse");
	*ret = m;
	return 0;
}
