/* SPDX-License-Identifier: Apache-2.0 */
/* store_nodes - which nodes are listed and which are cut off. */
#include "center/router/store_int.h"
#include "domain/muni.h"
#include "queries/center_router.h"

#include <string.h>

static int
announce_row(const struct db_rows *rows, size_t i, struct announce *ret, struct err *err)
{
	const char *text[3];
	const uint8_t *hash[2];
	size_t n[2] = { 0 };
	for (unsigned k = 0; k < 3; k++)
		text[k] = db_text(rows, i, k);
	for (unsigned k = 0; k < 2; k++)
		hash[k] = db_bytes(rows, i, 4 + k, &n[k]);
	if (!muni_parse(text[0], strlen(text[0]), &ret->muni) || !announce_is_build(text[1]) ||
	    !announce_is_build(text[2]) || n[0] != 32 || n[1] != 32)
		return err_raise(err, FAULT_INTERNAL, "listed node", (long)i);
	memcpy(ret->build, text[1], strlen(text[1]) + 1);
	memcpy(ret->seal, text[2], strlen(text[2]) + 1);
	ret->schema = (unsigned)db_int(rows, i, 3);
	memcpy(ret->schema_sha256, hash[0], 32);
	memcpy(ret->conf_sha256, hash[1], 32);
	return 0;
}

int
store_nodes_listed(struct store *s, void (*each)(void *self, const struct announce *a), void *self,
    struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = store_run(s, STORE_WAIT_MS, &q_router_nodes_listed, NULL, 0, &rows, NULL, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++) {
		struct announce a = { .schema = 0 };
		r = announce_row(rows, i, &a, err);
		if (r == 0)
			each(self, &a);
	}
	return err_trace(err, r, "nodes");
}

int
store_nodes_cut(struct store *s,
    void (*each)(void *self, const char *node, int64_t since_ms, const char *by), void *self,
    struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = store_run(s, STORE_WAIT_MS, &q_router_nodes_cut, NULL, 0, &rows, NULL, err);
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		each(self, db_text(rows, i, 0), db_int(rows, i, 1), db_text(rows, i, 2));
	return err_trace(err, r, "nodes");
}
