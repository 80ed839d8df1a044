/* SPDX-License-Identifier: Apache-2.0 */
#include "server/confdigest.h"
#include "base/file.h"
#include "base/text.h"
#include "pki/hash.h"
#include "wire/js.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 8192, FILE_MAX_BYTES = 64 << 20, FILE_ARENA_BYTES = 80 << 20 };

void
confdigest_begin(struct confdigest *d, const char *label)
{
	buf_init(&d->text, TEXT_MAX_BYTES);
	buf_printf(&d->text, "%s\n", label);
}

void
confdigest_text(struct confdigest *d, const char *key, const char *v)
{
	buf_printf(&d->text, "%s=%s\n", key, v);
}

void
confdigest_int(struct confdigest *d, const char *key, int64_t v)
{
	buf_printf(&d->text, "%s=%lld\n", key, (long long)v);
}

void
confdigest_hash(struct confdigest *d, const char *key, const uint8_t v[32])
{
	char hex[65];
	text_hex_format(v, 32, hex);
	confdigest_text(d, key, hex);
}

int
confdigest_end(struct confdigest *d, uint8_t ret[32], struct err *err)
{
	bool whole = buf_ok(&d->text);
	if (whole)
		sha256(d->text.p, d->text.bytes, ret);
	buf_done(&d->text);
	return whole ? 0 : err_raise(err, FAULT_INTERNAL, "configuration's text", 0);
}

static int
dump_put(const char *p, size_t bytes, void *arg)
{
	sha256_stream_put(arg, p, bytes);
	return 0;
}

int
confdigest_json(const char *path, uint8_t ret[32], struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(FILE_ARENA_BYTES);
	AUTO(json_t) json_t *j = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	int r = file_read(a, path, JS_MAX_BYTES, &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, &j, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "JSON file", r);
	struct sha256_stream *s = sha256_stream_new();
	r = json_dump_callback(j, dump_put, s, JSON_COMPACT | JSON_SORT_KEYS);
	if (r == 0)
		sha256_stream_digest(s, ret);
	sha256_stream_free(s);
	return r == 0 ? 0 : err_raise(err, FAULT_CONFIG, "JSON file", r);
}

int
confdigest_file(const char *path, uint8_t ret[32], struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(FILE_ARENA_BYTES);
	uint8_t *p = NULL;
	size_t n = 0;
	int r = file_read(a, path, FILE_MAX_BYTES, &p, &n, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "file", r);
	sha256(p, n, ret);
	return 0;
}

/* fonts/<団体コード>/gaiji.ttf and .csv, where there are any: without them, nothing is put. */
static int
fonts_gaiji(struct confdigest *d, const char *manifest, struct muni_code muni, struct err *err)
{
	static const char *const names[] = { "gaiji.ttf", "gaiji.csv" };
	AUTO(arena) struct arena *a = arena_new(16384);
	const char *slash = strrchr(manifest, '/');
	int folder = slash ? (int)(slash - manifest) : 1;
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		uint8_t hash[32];
		struct file_stamp is, none = { 0 };
		const char *path =
		    arena_printf(a, "%.*s/%s/%s", folder, slash ? manifest : ".", muni.s, names[i]);
		file_stamp(path, &is);
		if (file_stamp_equal(&is, &none))
			continue;
		int r = confdigest_file(path, hash, err);
		if (r)
			return err_trace(err, r, "gaiji");
		confdigest_hash(d, names[i], hash);
	}
	return 0;
}

static int
fonts_list(struct confdigest *d, const json_t *j, struct err *err)
{
	const json_t *list = json_object_get(j, "fonts");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *f = json_array_get(list, i);
		const char *hash = json_string_value(json_object_get(f, "sha256"));
		const char *use = json_string_value(json_object_get(f, "use"));
		if (hash == NULL || use == NULL)
			return err_raise(err, FAULT_CONFIG, "font without digest or use", (long)i);
		confdigest_text(d, use, hash);
	}
	return 0;
}

int
confdigest_fonts(const char *manifest, struct muni_code muni, uint8_t ret[32], struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(json_t) json_t *j = NULL;
	struct confdigest d;
	uint8_t *p = NULL;
	size_t n = 0;
	int r = file_read(a, manifest, 65536, &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, &j, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "font manifest", r);
	confdigest_begin(&d, "KOFU-FONTS-1");
	r = fonts_list(&d, j, err);
	if (r == 0)
		r = fonts_gaiji(&d, manifest, muni, err);
	int e = confdigest_end(&d, ret, err);
	return err_trace(err, r ? r : e, "fonts");
}
