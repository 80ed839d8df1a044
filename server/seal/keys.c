/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/keys.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "domain/muni.h"
#include "wire/js.h"
#include <stdio.h>
#include <string.h>

void
keys_label(char out[KEY_LABEL_BYTES], const char *use, struct muni_code muni)
{
	(void)snprintf(out, KEY_LABEL_BYTES, "%s-%s", use, muni.s);
}

/* "wrap-991015", then "wrap-991015-2", ... */
static void
wrap_label(char out[KEY_LABEL_BYTES], struct muni_code muni, unsigned generation)
{
	if (generation == 1)
		keys_label(out, "wrap", muni);
	else
		(void)snprintf(out, KEY_LABEL_BYTES, "wrap-%s-%u", muni.s, generation);
}

int
keys_unwrap(struct token *t, struct muni_code muni, const uint8_t wrapped[TOKEN_WRAPPED_BYTES],
    uint8_t dek[32], struct err *err)
{
	char label[KEY_LABEL_BYTES];
	uint8_t aad[KEYS_AAD_BYTES];
	int r = TOKEN_E_NO_KEY;
	keys_aad(aad, muni);
	for (unsigned g = 1; g <= KEYS_MAX_GENERATIONS; g++) {
		struct err one = { 0 };
		wrap_label(label, muni, g);
		int e = token_unwrap(t, label, wrapped, aad, sizeof(aad), dek, &one);
		if (e == TOKEN_E_NO_KEY)
			break; /* they have no gap */
		r = e;
		*err = one;
		if (r != FAULT_INTEGRITY)
			break;
	}
	return r;
}

/* The newest generation there is, 0 for none. */
static int
newest_find(struct token *t, struct muni_code muni, unsigned *ret, struct err *err)
{
	for (*ret = 0; *ret < KEYS_MAX_GENERATIONS; ++*ret) {
		char label[KEY_LABEL_BYTES];
		wrap_label(label, muni, *ret + 1);
		int r = token_wrap_key_find(t, label, err);
		if (r == TOKEN_E_NO_KEY)
			return 0;
		if (r)
			return err_trace(err, r, "wrapping key");
	}
	return 0;
}

int
keys_wrap(struct token *t, struct muni_code muni, const uint8_t dek[32],
    uint8_t wrapped[TOKEN_WRAPPED_BYTES], struct err *err)
{
	char label[KEY_LABEL_BYTES];
	uint8_t aad[KEYS_AAD_BYTES];
	unsigned newest = 0;
	int r = newest_find(t, muni, &newest, err);
	if (r || newest == 0)
		return r ? r : TOKEN_E_NO_KEY;
	wrap_label(label, muni, newest);
	keys_aad(aad, muni);
	return token_wrap(t, label, dek, aad, sizeof(aad), wrapped, err);
}

void
keys_aad(uint8_t out[KEYS_AAD_BYTES], struct muni_code muni)
{
	memcpy(out, "kofu-dek-", 9);
	memcpy(out + 9, muni.s, 6);
}

static int
sign_key_ensure(struct token *t, struct muni_code muni, struct key_point *ret, struct err *err)
{
	char label[KEY_LABEL_BYTES];
	struct key_signer signer;
	keys_label(label, "sign", muni);
	int r = token_signer(t, label, &signer, err);
	if (r == TOKEN_E_NO_KEY)
		return err_trace(err, token_key_generate(t, label, TOKEN_SIGN, ret, err), "make");
	if (r)
		return err_trace(err, r, "signing key");
	*ret = signer.point;
	return 0;
}

static int
public_key_write(const char *dir, struct muni_code muni, const struct key_point *p, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(65536);
	AUTO(json_t) json_t *j = json_object();
	json_t *keys = json_array(), *key = json_object();
	struct key_id id;
	struct buf text;
	key_id_of(p, &id);
	js_put_text(j, "muni", muni.s);
	js_put_hex(key, "kid", id.b, KEY_ID_BYTES);
	js_put_b64url(key, "point", p->b, KEY_POINT_BYTES);
	if (json_array_append_new(keys, key) != 0)
		return err_raise(err, FAULT_NOMEM, "key", 0);
	js_put(j, "keys", keys);
	buf_init(&text, 4096);
	int r = js_format(j, &text, err);
	if (r == 0)
		r = file_write_atomic(
		    arena_printf(a, "%s/%s.json", dir, muni.s), text.p, text.bytes, 0644, err);
	buf_done(&text);
	return err_trace(err, r, "public key file");
}

static int
keys_ensure(struct token *t, const struct seal_conf *c, struct muni_code muni, struct err *err)
{
	char label[KEY_LABEL_BYTES], kid[2 * KEY_ID_BYTES + 1];
	struct key_point point;
	struct key_id id;
	int r = sign_key_ensure(t, muni, &point, err);
	if (r)
		return err_fold(err, r, "signing key");
	keys_label(label, "wrap", muni);
	r = token_wrap_key_ensure(t, label, err);
	if (r == 0)
		r = public_key_write(c->keys_dir, muni, &point, err);
	if (r)
		return err_fold(err, r, "keys");
	key_id_of(&point, &id);
	text_hex_format(id.b, KEY_ID_BYTES, kid);
	printf("%s kid=%s\n", muni.s, kid);
	return 0;
}

int
keys_init(const struct seal_conf *c, struct err *err)
{
	__attribute__((cleanup(token_closep))) struct token *t = NULL;
	int r = token_open(&c->token, &t, err);
	for (unsigned i = 0; i < c->n_munis && r == 0; i++)
		r = keys_ensure(t, c, c->munis[i].parsed.muni, err);
	return err_fold(err, r, "init");
}

static int
command_open(const struct seal_conf *c, const char *muni, struct muni_code *ret_code,
    struct token **ret, struct err *err)
{
	if (!muni_parse(muni, strlen(muni), ret_code) || seal_conf_muni(c, *ret_code) == NULL)
		return err_raise(err, FAULT_CONFIG, "municipality", 0);
	return err_fold(err, token_open(&c->token, ret, err), "token");
}

int
keys_new_data_key(const struct seal_conf *c, const char *muni, struct err *err)
{
	__attribute__((cleanup(token_closep))) struct token *t = NULL;
	struct muni_code code;
	char hex[2 * TOKEN_WRAPPED_BYTES + 1];
	uint8_t dek[32], wrapped[TOKEN_WRAPPED_BYTES];
	int r = command_open(c, muni, &code, &t, err);
	if (r)
		return err_trace(err, r, "new data key");
	rand_bytes(dek, sizeof(dek));
	r = keys_wrap(t, code, dek, wrapped, err);
	mem_wipe(dek, sizeof(dek));
	if (r)
		return err_fold(err, r, "wrap");
	text_hex_format(wrapped, sizeof(wrapped), hex);
	printf("%s\n", hex);
	return 0;
}

int
keys_rotate(const struct seal_conf *c, const char *muni, struct err *err)
{
	__attribute__((cleanup(token_closep))) struct token *t = NULL;
	struct muni_code code;
	char label[KEY_LABEL_BYTES];
	unsigned newest = 0;
	int r = command_open(c, muni, &code, &t, err);
	if (r == 0)
		r = newest_find(t, code, &newest, err);
	if (r == 0 && (newest == 0 || newest == KEYS_MAX_GENERATIONS))
		r = err_raise(err, FAULT_CONFIG, "wrapping keys", (long)newest);
	if (r)
		return err_trace(err, r, "rotate");
	wrap_label(label, code, newest + 1);
	r = token_wrap_key_ensure(t, label, err);
	if (r == 0)
		printf("%s\n", label);
	return err_fold(err, r, "rotate");
}
