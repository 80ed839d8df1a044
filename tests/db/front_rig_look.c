/* SPDX-License-Identifier: Apache-2.0 */
/* What a test of the front looks at: papers as a kiosk has them, the replica as the front reads it.
 */
#include "tests/db/front_rig.h"

#include "backside/apart.h"
#include "base/clock.h"
#include "base/text.h"
#include "pki/hash.h"

static void
hash_is(const void *p, size_t bytes, const char *hex)
{
	uint8_t hash[SHA256_BYTES];
	char is[2 * SHA256_BYTES + 1];
	sha256(p, bytes, hash);
	text_hex_format(hash, sizeof(hash), is);
	assert_string_equal(is, hex);
}

uint8_t *
rig_copy_join(struct arena *a, struct rd *papers, const json_t *copy)
{
	struct err err = { 0 };
	const json_t *page = json_array_get(json_object_get(copy, "pages"), 0);
	const size_t bytes = (size_t)json_integer_value(json_object_get(copy, "pdf_bytes"));
	const struct apart backs = { .n = 1,
		.at = { (uint32_t)json_integer_value(json_object_get(page, "back_at")) } };
	uint8_t *pdf = NULL;
	size_t n = 0;
	const uint8_t *sealed = rd_field32(papers, &n);
	assert_non_null(sealed);
	hash_is(sealed, n, json_string_value(json_object_get(page, "back")));
	const size_t from = papers->at;
	assert_int_equal(apart_take(a, papers, bytes, &backs, &pdf, &err), 0);
	hash_is(papers->p + from, papers->at - from,
	    json_string_value(json_object_get(copy, "pdf_sha256")));
	assert_int_equal(backside_encode(sealed, n, pdf + backs.at[0], &err), 0);
	return pdf;
}

void
rig_view(const struct rig_session *s, struct arena *a, struct store_view *ret)
{
	const struct store_ask q = { .at_ms = clock_now_ms(), .seal = true };
	struct front_muni *m = &rig.front.munis[0];
	struct db *db = NULL;
	struct err err = { 0 };
	struct store_seen seen;
	struct vault_hash card;
	struct vault_hashes cards;
	vault_card(&m->vault, s->issuer, s->serial, s->serial_bytes, &card);
	assert_int_equal(vault_hash_all(&m->vault, &card, &cards, &err), 0);
	assert_int_equal(db_pool_take(m->db, 1000, &db, &err), 0);
	assert_int_equal(store_see(db, a, &cards, &q, &seen, &err), 0);
	db_pool_give(m->db, db);
	assert_int_equal(store_seen_take(&seen, a, ret, &err), 0);
	store_seen_done(&seen);
}
