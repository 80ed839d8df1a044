/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/medium.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <stdio.h>
#include <string.h>

enum { LIST_ARENA_BYTES = 4 * MEDIUM_LIST_MAX_BYTES };

void
medium_list_done(struct medium_list *l)
{
	json_decref(l->json);
	l->json = NULL;
}

/* Names count up, so that none can lead out of the folder. */
static int
part_check(const json_t *part, size_t i, struct err *err)
{
	static const char *const names[] = { "name", "bytes", "sha256", NULL };
	const char *name = NULL;
	char want[32];
	uint8_t hash[SHA256_BYTES];
	int64_t bytes = 0;
	(void)snprintf(want, sizeof(want), "part-%05zu.cms", i + 1);
	int r = js_members(part, names, err);
	if (r == 0)
		r = js_text(part, "name", sizeof(want), &name, err);
	if (r == 0)
		r = js_int(part, "bytes", 1, MEDIUM_PART_MAX_BYTES, &bytes, err);
	if (r == 0)
		r = js_hex(part, "sha256", hash, sizeof(hash), err);
	if (r)
		return err_trace(err, r, "part");
	if (strcmp(name, want) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "part's name", (long)i);
	return 0;
}

static int
list_members(struct medium_list *l, struct err *err)
{
	static const char *const names[] = { "v", "muni", "epoch", "source", "register_ms",
		"n_records", "parts", NULL };
	const char *muni = NULL;
	int64_t v = 0;
	int r = js_members(l->json, names, err);
	if (r == 0)
		r = js_int(l->json, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_text(l->json, "muni", 6, &muni, err);
	if (r == 0)
		r = js_int(l->json, "epoch", 1, BATCH_MAX_NUMBER, &l->epoch, err);
	if (r == 0)
		r = js_text(l->json, "source", SYNC_SOURCE_MAX_BYTES, &l->source, err);
	if (r == 0)
		r = js_int(l->json, "register_ms", 0, BATCH_MAX_NUMBER, &l->register_ms, err);
	if (r == 0)
		r = js_int(l->json, "n_records", 0, BATCH_MAX_NUMBER, &l->n_records, err);
	if (r == 0)
		r = js_array(l->json, "parts", MEDIUM_MAX_PARTS, &l->parts, err);
	if (r)
		return err_trace(err, r, "list");
	if (!muni_parse(muni, strlen(muni), &l->muni))
		return err_raise(err, FAULT_BAD_INPUT, "muni", 0);
	if (l->source[0] == '\0' || !text_is_clean_utf8(l->source, strlen(l->source)))
		return err_raise(err, FAULT_BAD_INPUT, "source", 0);
	for (size_t i = 0; i < json_array_size(l->parts); i++) {
		r = part_check(json_array_get(l->parts, i), i, err);
		if (r)
			return err_trace(err, r, "list");
	}
	return 0;
}

int
medium_list_parse(const void *json, size_t bytes, struct medium_list *ret, struct err *err)
{
	struct medium_list l = { 0 };
	int r = js_parse(json, bytes, &l.json, err);
	if (r == 0)
		r = list_members(&l, err);
	if (r) {
		medium_list_done(&l);
		return err_fold(err, r, "list");
	}
	*ret = l;
	return 0;
}

static int
part_verify(const char *dir, const json_t *part, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(MEDIUM_PART_MAX_BYTES + 65536);
	uint8_t want[SHA256_BYTES];
	uint8_t got[SHA256_BYTES];
	uint8_t *p = NULL;
	size_t bytes = 0;
	const char *name = json_string_value(json_object_get(part, "name"));
	int r = js_hex(part, "sha256", want, sizeof(want), err);
	if (r == 0)
		r = file_read(
		    a, arena_printf(a, "%s/%s", dir, name), MEDIUM_PART_MAX_BYTES, &p, &bytes, err);
	if (r == FILE_E_NONE_FOUND)
		return err_raise(err, FAULT_UNAVAILABLE, "a part is missing", 0);
	if (r)
		return err_fold(err, r, "part");
	sha256(p, bytes, got);
	if ((int64_t)bytes != json_integer_value(json_object_get(part, "bytes")) ||
	    memcmp(want, got, sizeof(got)) != 0)
		return err_raise(err, FAULT_INTEGRITY, "a part is not what was signed", 0);
	return 0;
}

static int
list_verify(
    const char *dir, const struct key_point *agent, struct medium_list *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(LIST_ARENA_BYTES);
	uint8_t *jws = NULL;
	uint8_t *payload = NULL;
	size_t jws_bytes = 0;
	size_t bytes = 0;
	int r = file_read(
	    a, arena_printf(a, "%s/list.jws", dir), MEDIUM_LIST_MAX_BYTES, &jws, &jws_bytes, err);
	if (r == FILE_E_NONE_FOUND)
		return err_raise(err, FAULT_UNAVAILABLE, "list.jws is missing", 0);
	if (r == 0)
		r = jws_verify(
		    a, agent, "kofu-medium", (const char *)jws, jws_bytes, &payload, &bytes, err);
	if (r == 0)
		r = medium_list_parse(payload, bytes, ret, err);
	return err_fold(err, r, "list");
}

int
medium_verify(const char *dir, struct muni_code muni, const struct key_point *agent,
    struct medium_list *ret, struct err *err)
{
	struct medium_list l = { 0 };
	int r = list_verify(dir, agent, &l, err);
	if (r == 0 && !muni_equal(l.muni, muni))
		r = err_raise(err, FAULT_INTEGRITY, "medium of another municipality", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(l.parts); i++)
		r = part_verify(dir, json_array_get(l.parts, i), err);
	if (r) {
		medium_list_done(&l);
		return err_trace(err, r, "verify");
	}
	*ret = l;
	return 0;
}
