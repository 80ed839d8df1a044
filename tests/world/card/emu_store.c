/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/card/emu_card.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t *
store_read(struct emu *e, const char *name, size_t limit, size_t *ret_bytes)
{
	struct err err = { 0 };
	uint8_t *p = NULL;
	if (file_read(e->arena, arena_printf(e->arena, "%s/%s", e->dir, name), limit, &p, ret_bytes,
		&err) != 0)
		return NULL;
	return p;
}

static void
store_add_file(struct emu *e, struct emu_ap *ap, uint16_t id, uint16_t need, const char *name)
{
	size_t bytes = 0;
	const uint8_t *p = store_read(e, name, EMU_FILE_MAX_BYTES, &bytes);
	if (p != NULL && ap->n_efs < EMU_N_EFS)
		ap->ef[ap->n_efs++] =
		    (struct emu_ef){ .id = id, .need = need, .data = p, .bytes = bytes };
}

static void
store_add_key(struct emu *e, struct emu_ap *ap, uint16_t id, uint16_t need, const char *name)
{
	size_t bytes = 0;
	const uint8_t *pem = store_read(e, name, EMU_FILE_MAX_BYTES, &bytes);
	BIO *in = pem == NULL ? NULL : BIO_new_mem_buf(pem, (int)bytes);
	EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	BIO_free(in);
	if (key != NULL && ap->n_keys < EMU_N_KEYS)
		ap->key[ap->n_keys++] = (struct emu_key){ .id = id, .need = need, .key = key };
	else
		EVP_PKEY_free(key);
}

static bool
store_number(const char *s, uint64_t max, int *ret)
{
	uint64_t v = 0;
	bool ok = s != NULL && text_u64_parse(s, strlen(s), max, &v);
	*ret = (int)v;
	return ok;
}

/* "0 0018 1234 3 3" */
static bool
store_add_pin(struct emu *e, char *line)
{
	char *save = NULL;
	char *w[5] = { strtok_r(line, " ", &save) };
	uint8_t id[2] = { 0 };
	struct emu_pin pin = { 0 };
	int ap = 0;
	for (size_t i = 1; i < N_ELEMENTS(w); i++)
		w[i] = w[i - 1] ? strtok_r(NULL, " ", &save) : NULL;
	if (!store_number(w[0], EMU_N_APS - 1, &ap) || w[2] == NULL || strlen(w[2]) > EMU_PIN_MAX ||
	    !text_hex_parse(w[1], strlen(w[1]), id, sizeof(id)) ||
	    !store_number(w[3], EMU_TRIES_MAX, &pin.max) || pin.max < 1 ||
	    !store_number(w[4], (uint64_t)pin.max, &pin.left) || e->ap[ap].n_pins >= EMU_N_PINS)
		return false;
	memcpy(pin.value, w[2], strlen(w[2]));
	pin.id = (uint16_t)(id[0] << 8 | id[1]);
	e->ap[ap].pin[e->ap[ap].n_pins++] = pin;
	return true;
}

static bool
store_load_pins(struct emu *e)
{
	size_t bytes = 0;
	char *save = NULL;
	const uint8_t *p = store_read(e, "pins.state", 4096, &bytes);
	char *text = p == NULL ? NULL : arena_strndup(e->arena, (const char *)p, bytes);
	if (text == NULL)
		return false;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (!store_add_pin(e, l))
			return false;
	return true;
}

void
emu_store_save_pins(const struct emu *e)
{
	struct err err = { 0 };
	char path[4096];
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < EMU_N_APS; i++)
		for (size_t j = 0; j < e->ap[i].n_pins; j++) {
			const struct emu_pin *p = &e->ap[i].pin[j];
			buf_printf(&b, "%zu %04X %s %d %d\n", i, p->id, p->value, p->max, p->left);
		}
	int n = snprintf(path, sizeof(path), "%s/pins.state", e->dir);
	if (n < 0 || (size_t)n >= sizeof(path) || !buf_ok(&b) ||
	    file_write_atomic(path, b.p, b.bytes, 0600, &err) != 0) {
		fputs("card: the tries cannot be kept\n", stderr);
		abort(); /* a card whose tries could be had again would be no card */
	}
	buf_done(&b);
}

/* A telephone reads its certificate only after the PIN; the plastic card gives it to anyone. */
static uint16_t
store_auth_cert_need(const struct emu_ap *jpki)
{
	static const char phone[] = "JPKIAPGPSETOKEN";
	for (size_t i = 0; i < jpki->n_efs; i++)
		if (jpki->ef[i].id == EF_TOKEN && jpki->ef[i].bytes >= sizeof(phone) - 1 &&
		    memcmp(jpki->ef[i].data, phone, sizeof(phone) - 1) == 0)
			return EF_AUTH_PIN;
	return 0;
}

bool
emu_store_load(struct emu *e)
{
	static const uint8_t jpki_aid[EMU_AID_BYTES] = { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00,
		0x00, 0x00, 0x01 };
	static const uint8_t text_aid[EMU_AID_BYTES] = { 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01,
		0x01, 0x04, 0x08 };
	struct emu_ap *jpki = &e->ap[0], *text = &e->ap[1];
	memcpy(jpki->aid, jpki_aid, sizeof(jpki_aid));
	memcpy(text->aid, text_aid, sizeof(text_aid));
	store_add_file(e, jpki, EF_TOKEN, 0, "token.bin");
	store_add_file(e, jpki, EF_HAVE, 0, "have.bin");
	if (jpki->n_efs != 2 || !store_load_pins(e)) {
		fprintf(
		    stderr, "card: %s: token.bin, have.bin and pins.state are needed\n", e->dir);
		return false;
	}
	store_add_file(e, jpki, EF_SIGN_CERT, EF_SIGN_PIN, "sign_cert.der");
	store_add_file(e, jpki, EF_SIGN_CA, 0, "sign_ca.der");
	store_add_file(e, jpki, EF_AUTH_CERT, store_auth_cert_need(jpki), "auth_cert.der");
	store_add_file(e, jpki, EF_AUTH_CA, 0, "auth_ca.der");
	store_add_key(e, jpki, EF_AUTH_KEY, EF_AUTH_PIN, "auth_key.pem");
	store_add_key(e, jpki, EF_SIGN_KEY, EF_SIGN_PIN, "sign_key.pem");
	store_add_file(e, text, 0x0001, 0x0011, "text_0001.bin");
	store_add_file(e, text, 0x0002, 0x0011, "text_0002.bin");
	return true;
}
