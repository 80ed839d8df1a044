/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/announce.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

bool
announce_is_build(const char *s)
{
	size_t n = strlen(s);
	return n >= 1 && n <= ANNOUNCE_MAX_BUILD &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-") == n;
}

void
announce_digest(const struct announce *a, uint8_t out[ANNOUNCE_DIGEST_BYTES])
{
	char text[512], schema[65], conf[65];
	text_hex_format(a->schema_sha256, sizeof(a->schema_sha256), schema);
	text_hex_format(a->conf_sha256, sizeof(a->conf_sha256), conf);
	int n = snprintf(text, sizeof(text), "KOFU-NODE-1\n%s\n%s\n%s\n%u\n%s\n%s\n", a->muni.s,
	    a->build, a->seal, a->schema, schema, conf);
	sha256(text, (size_t)n, out);
}

void
announce_put(const struct announce *a, json_t *o)
{
	js_put_int(o, "v", 1);
	js_put_text(o, "muni", a->muni.s);
	js_put_text(o, "build", a->build);
	js_put_text(o, "seal", a->seal);
	js_put_int(o, "schema", a->schema);
	js_put_hex(o, "schema_sha256", a->schema_sha256, sizeof(a->schema_sha256));
	js_put_hex(o, "conf_sha256", a->conf_sha256, sizeof(a->conf_sha256));
}

static int
announce_build(const json_t *o, const char *key, char out[ANNOUNCE_MAX_BUILD + 1], struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, ANNOUNCE_MAX_BUILD, &s, err);
	if (r == 0 && !announce_is_build(s))
		r = err_raise(err, FAULT_BAD_INPUT, "build", 0);
	if (r == 0)
		memcpy(out, s, strlen(s) + 1);
	return err_trace(err, r, "build");
}

int
announce_read(const json_t *o, struct announce *ret, struct err *err)
{
	static const char *const members[] = { "v", "muni", "build", "seal", "schema",
		"schema_sha256", "conf_sha256", NULL };
	struct announce a = { .schema = 0 };
	const char *muni = NULL;
	int64_t v = 0, schema = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_int(o, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0 && !muni_parse(muni, strlen(muni), &a.muni))
		r = err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	if (r == 0)
		r = announce_build(o, "build", a.build, err);
	if (r == 0)
		r = announce_build(o, "seal", a.seal, err);
	if (r == 0)
		r = js_int(o, "schema", 1, INT32_MAX, &schema, err);
	if (r == 0)
		r = js_hex(o, "schema_sha256", a.schema_sha256, sizeof(a.schema_sha256), err);
	if (r == 0)
		r = js_hex(o, "conf_sha256", a.conf_sha256, sizeof(a.conf_sha256), err);
	if (r)
		return err_trace(err, r, "announcement");
	a.schema = (unsigned)schema;
	*ret = a;
	return 0;
}

int
announce_parse(const void *json, size_t bytes, struct announce *ret, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	if (bytes > ANNOUNCE_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "announcement", (long)bytes);
	int r = js_parse(json, bytes, &o, err);
	return r ? err_trace(err, r, "announcement") : announce_read(o, ret, err);
}
