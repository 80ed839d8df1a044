/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/keys.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "domain/muni.h"
#include "server/seal/generation.h"
#include <stdio.h>
#include <string.h>

/* "wrap-991015", then "wrap-991015-2", ... */
static void
wrap_label(char out[KEY_LABEL_BYTES], struct muni_code muni, unsigned generation)
{
	if (generation == 1)
		(void)snprintf(out, KEY_LABEL_BYTES, "wrap-%s", muni.s);
	else
		(void)snprintf(out, KEY_LABEL_BYTES, "wrap-%s-%u", muni.s, generation);
}

int
keys_unwrap(struct token *t, struct muni_code muni, const struct seal_key *k,
    uint8_t dek[SEAL_KEY_BYTES], struct err *err)
{
	char label[KEY_LABEL_BYTES];
	uint8_t aad[KEYS_AAD_BYTES];
	int r = TOKEN_E_NO_KEY;
	size_t aad_bytes = keys_aad(aad, muni, k);
	for (unsigned g = 1; g <= KEYS_MAX_GENERATIONS; g++) {
		struct err one = { 0 };
		wrap_label(label, muni, g);
		int e = token_unwrap(t, label, k->wrapped, aad, aad_bytes, dek, &one);
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
keys_wrap(struct token *t, struct muni_code muni, const uint8_t dek[SEAL_KEY_BYTES],
    struct seal_key *k, struct err *err)
{
	char label[KEY_LABEL_BYTES];
	uint8_t aad[KEYS_AAD_BYTES];
	unsigned newest = 0;
	int r = newest_find(t, muni, &newest, err);
	if (r || newest == 0)
		return r ? r : TOKEN_E_NO_KEY;
	wrap_label(label, muni, newest);
	size_t aad_bytes = keys_aad(aad, muni, k);
	return token_wrap(t, label, dek, aad, aad_bytes, k->wrapped, err);
}

size_t
keys_aad(uint8_t out[KEYS_AAD_BYTES], struct muni_code muni, const struct seal_key *k)
{
	memcpy(out, "kofu-dek-", 9);
	memcpy(out + 9, muni.s, 6);
	out[15] = k->use;
	out[16] = (uint8_t)(k->generation >> 8);
	out[17] = (uint8_t)k->generation;
	return k->use == SEAL_KEY_DATA && k->generation == 1 ? 15 : KEYS_AAD_BYTES;
}

static int
keys_ensure(struct token *t, const struct seal_conf *c, struct muni_code muni, struct err *err)
{
	char label[KEY_LABEL_BYTES], kid[2 * KEY_ID_BYTES + 1];
	struct keydir *d = mem_zero(sizeof(*d));
	wrap_label(label, muni, 1);
	int r = token_wrap_key_ensure(t, label, err);
	if (r == 0)
		r = generation_init(c, t, muni, clock_now_ms(), d, err);
	int signs = r == 0 ? keydir_pick(d, NULL, 0) : -1;
	if (signs >= 0) {
		text_hex_format(d->key[signs].id.b, KEY_ID_BYTES, kid);
		printf("%s kid=%s\n", muni.s, kid);
	} else if (r == 0) {
		printf("%s kid=none\n", muni.s);
	}
	mem_free(d);
	return err_fold(err, r, "keys");
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
	uint8_t dek[SEAL_KEY_BYTES];
	struct seal_key k = { .use = SEAL_KEY_DATA, .generation = 1 };
	int r = command_open(c, muni, &code, &t, err);
	if (r)
		return err_trace(err, r, "new data key");
	rand_bytes(dek, sizeof(dek));
	r = keys_wrap(t, code, dek, &k, err);
	mem_wipe(dek, sizeof(dek));
	if (r)
		return err_fold(err, r, "wrap");
	text_hex_format(k.wrapped, sizeof(k.wrapped), hex);
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
