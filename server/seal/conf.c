/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/conf.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/conf.h"
#include "domain/muni.h"
#include "server/confdigest.h"
#include "server/render/form.h"
#include "wire/js.h"
#include <stddef.h>
#include <string.h>

enum { KEY_FILE_MAX_BYTES = 4096, PROFILE_ARENA_BYTES = 4 * 1024 * 1024 };

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct seal_conf, field), min, max, def, help         \
	}
static const struct conf_row rows[] = {
	ROW("seal", "socket", CONF_PATH, socket, 0, 0, NULL, "socket to listen on"),
	ROW("seal", "workers", CONF_INT, workers, 1, 32, "2", "processes, a token session each"),
	ROW("seal", "uid", CONF_INT, uid, -1, 65535, "-1", "who may ask, -1 = its own uid"),
	ROW("seal", "keys_dir", CONF_PATH, keys_dir, 0, 0, NULL,
	    "key directories: read by center and inquiry"),
	ROW("seal", "overlap_s", CONF_INT, overlap_s, 0, 31622400, "1800",
	    "a signing key is announced for so long before it is used; over a session's 900"),
	ROW("token", "module", CONF_TEXT, token.module, 1, 190, "/usr/lib/softhsm/libsofthsm2.so",
	    "PKCS#11 module"),
	ROW("token", "label", CONF_TEXT, token.label, 1, 32, NULL, "label of the token"),
	ROW("token", "pin_file", CONF_PATH, token.pin_file, 0, 0, NULL, "file with the user PIN"),
	ROW("inquiry", "key", CONF_PATH, inquiry_key, 0, 0, NULL, "public key of the inquiry site"),
	ROW("render", "fonts", CONF_PATH, fonts, 0, 0, NULL, "manifest of the font stack"),
	ROW("jpki", "pins", CONF_PATH, pins, 0, 0, NULL, "folder of the authentication CAs"),
	ROW("jpki", "policy", CONF_TEXT, policy, 3, 64, "1.2.392.200149.8.5.1.3.30",
	    "policy of authentication certificates"),
};
static const struct conf_row muni_rows[] = {
	{ "municipality *", "profile", CONF_PATH, offsetof(struct seal_muni_conf, profile), 0, 0,
	    NULL, "names, texts, fees and hours (JSON)" },
};

static int
profile_read(struct arena *a, struct seal_muni_conf *m, struct err *err)
{
	struct muni_code code;
	uint8_t *json = NULL;
	size_t n = 0;
	if (!muni_parse(m->code, strlen(m->code), &code))
		return err_raise(err, FAULT_CONFIG, "municipality's check digit", 0);
	int r = file_read(a, m->profile, PROFILE_MAX_BYTES, &json, &n, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "profile file", r);
	r = profile_parse(a, json, n, &m->parsed, err);
	if (r)
		return err_trace(err, r, "profile");
	r = confdigest_json(m->profile, m->profile_sha256, err);
	if (r)
		return err_trace(err, r, "profile");
	r = form_assign(a, &m->parsed, err);
	if (r)
		return err_trace(err, r, "profile's forms");
	if (!muni_equal(m->parsed.muni, code))
		return err_raise(err, FAULT_CONFIG, "profile of another municipality", 0);
	return 0;
}

int
seal_conf_load(struct arena *a, const char *path, struct seal_conf *ret, struct err *err)
{
	const struct conf_list list = {
		.prefix = "municipality",
		.rows = muni_rows,
		.n_rows = N_ELEMENTS(muni_rows),
		.struct_bytes = sizeof(struct seal_muni_conf),
		.name_offset = offsetof(struct seal_muni_conf, code),
		.max = SEAL_MAX_MUNIS,
	};
	struct seal_conf c = { 0 };
	void *munis = NULL;
	size_t n = 0;
	int r = conf_load_lists(a, path, rows, N_ELEMENTS(rows), &c, &list, &munis, &n, err);
	if (r)
		return err_fold(err, r, "kofu-seal configuration");
	c.munis = munis;
	c.n_munis = (unsigned)n;
	for (unsigned i = 0; i < c.n_munis; i++) {
		r = profile_read(a, &c.munis[i], err);
		if (r)
			return err_fold(err, r, "municipality");
	}
	*ret = c;
	return 0;
}

const struct seal_muni_conf *
seal_conf_muni(const struct seal_conf *c, struct muni_code muni)
{
	for (unsigned i = 0; i < c->n_munis; i++)
		if (muni_equal(c->munis[i].parsed.muni, muni))
			return &c->munis[i];
	return NULL;
}

/* {"kid":…,"point":…}, the kid being that of the point. */
static int
point_of_json(const json_t *o, struct key_point *ret, struct err *err)
{
	static const char *const members[] = { "kid", "point", NULL };
	AUTO(arena) struct arena *a = arena_new(KEY_FILE_MAX_BYTES);
	struct key_id said, is;
	uint8_t *p = NULL;
	size_t n = 0;
	struct key_point point;
	if (js_members(o, members, err) || js_hex(o, "kid", said.b, KEY_ID_BYTES, err) ||
	    js_b64url(a, o, "point", KEY_POINT_BYTES, &p, &n, err) || n != KEY_POINT_BYTES)
		return err_raise(err, FAULT_CONFIG, "key", 0);
	memcpy(point.b, p, KEY_POINT_BYTES);
	key_id_of(&point, &is);
	if (memcmp(said.b, is.b, KEY_ID_BYTES) != 0 || key_point_check(&point, err))
		return err_raise(err, FAULT_CONFIG, "key is not what its id says", 0);
	*ret = point;
	return 0;
}

int
seal_conf_point(const char *path, struct key_point *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PROFILE_ARENA_BYTES);
	AUTO(json_t) json_t *j = NULL;
	uint8_t *text = NULL;
	size_t n = 0;
	if (file_read(a, path, KEY_FILE_MAX_BYTES, &text, &n, err))
		return err_raise(err, FAULT_CONFIG, "public key file", 0);
	if (n == 0 || text[0] != '{')
		return err_fold(err, key_point_load(text, n, ret, err), "public key");
	if (js_parse(text, n, &j, err))
		return err_raise(err, FAULT_CONFIG, "public key file", 0);
	const json_t *keys = json_object_get(j, "keys");
	if (keys == NULL)
		return point_of_json(j, ret, err);
	if (json_array_size(keys) != 1)
		return err_raise(err, FAULT_CONFIG, "one key wanted", (long)json_array_size(keys));
	return point_of_json(json_array_get(keys, 0), ret, err);
}
