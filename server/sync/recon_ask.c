/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/recon_ask.h"
#include "base/text.h"
#include "domain/muni.h"
#include "domain/record.h"

#include <string.h>

static int
run_parse(struct recon_ask *ask, struct err *err)
{
	return err_trace(err, js_int(ask->json, "run", 1, INT64_MAX, &ask->run, err), "run");
}

static int
key_parse(struct recon_ask *ask, struct err *err)
{
	return err_trace(err, js_hex(ask->json, "key", ask->key.b, sizeof(ask->key.b), err), "key");
}

static int
ranges_parse(struct recon_ask *ask, struct err *err)
{
	const json_t *list = NULL;
	int64_t bits = 0;
	int r = run_parse(ask, err);
	if (r == 0)
		r = js_int(ask->json, "bits", 0, TALLY_MAX_BITS - TALLY_STEP_BITS, &bits, err);
	if (r == 0)
		r = js_array(ask->json, "prefixes", RECON_ASK_MAX, &list, err);
	if (r)
		return err_trace(err, r, "ranges");
	ask->n = json_array_size(list);
	for (size_t i = 0; i < ask->n; i++) {
		const char *s = json_string_value(json_array_get(list, i));
		uint8_t b[8];
		if (s == NULL || !text_hex_parse(s, strlen(s), b, sizeof(b)))
			return err_raise(err, FAULT_BAD_INPUT, "prefix", (long)i);
		struct rd in = rd_init(b, sizeof(b));
		ask->ranges[i] = (struct tally_range){ rd_u64(&in), (unsigned)bits };
	}
	return 0;
}

static int
check_parse(struct recon_ask *ask, struct err *err)
{
	const json_t *list = NULL;
	int r = key_parse(ask, err);
	if (r == 0)
		r = js_array(ask->json, "persons", RECON_ASK_MAX, &list, err);
	if (r)
		return err_trace(err, r, "check");
	ask->n = json_array_size(list);
	for (size_t i = 0; i < ask->n; i++) {
		const char *s = json_string_value(json_array_get(list, i));
		size_t bytes = s ? strlen(s) : 0;
		if (bytes == 0 || bytes > RECORD_MAX_NUMBER_BYTES || !text_is_clean_utf8(s, bytes))
			return err_raise(err, FAULT_BAD_INPUT, "number", (long)bytes);
		ask->numbers[i] = s;
	}
	return 0;
}

static int
recon_order_parse(const json_t *o, struct recon_order *ret, struct err *err)
{
	static const char *const members[] = { "atena_no", "token", "sum?", "records?", NULL };
	uint8_t sum[TALLY_SUM_BYTES] = { 0 };
	*ret = (struct recon_order){ 0 };
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "atena_no", RECORD_MAX_NUMBER_BYTES, &ret->atena_no, err);
	if (r == 0)
		r = js_text(o, "token", RECON_TOKEN_BYTES, &ret->token, err);
	if (r || json_object_get(o, "records") == NULL)
		return err_trace(err, r, "order");
	r = js_hex(o, "sum", sum, sizeof(sum), err);
	if (r == 0)
		r = js_array(o, "records", RECON_MAX_RECORDS, &ret->records, err);
	tally_sum_take(sum, &ret->sum);
	return err_trace(err, r, "order");
}

static int
muni_take(struct recon_ask *ask, struct err *err)
{
	const char *muni = NULL;
	int r = js_text(ask->json, "muni", 6, &muni, err);
	if (r == 0 && !muni_parse(muni, strlen(muni), &ask->muni))
		r = err_raise(err, FAULT_BAD_INPUT, "muni", 0);
	return err_trace(err, r, "muni");
}

static int
mend_parse(struct recon_ask *ask, struct err *err)
{
	const json_t *list = NULL;
	int r = key_parse(ask, err);
	if (r == 0)
		r = muni_take(ask, err);
	if (r == 0)
		r = js_array(ask->json, "persons", RECON_MEND_MAX, &list, err);
	ask->n = r == 0 ? json_array_size(list) : 0;
	for (size_t i = 0; r == 0 && i < ask->n; i++)
		r = recon_order_parse(json_array_get(list, i), &ask->orders[i], err);
	return err_trace(err, r, "mend");
}

static int
settled_parse(struct recon_ask *ask, struct err *err)
{
	int r = key_parse(ask, err);
	if (r == 0)
		r = run_parse(ask, err);
	if (r == 0)
		r = muni_take(ask, err);
	if (r == 0)
		r = js_int(ask->json, "open", 0, TALLY_MAX_PERSONS, &ask->open, err);
	return err_trace(err, r, "settled");
}

static const struct {
	const char *members[6];
	int (*parse)(struct recon_ask *ask, struct err *err);
} kinds[] = {
	[RECON_ASK_RUN] = { { "v", "key", NULL }, key_parse },
	[RECON_ASK_OF] = { { "v", "run", NULL }, run_parse },
	[RECON_ASK_RANGES] = { { "v", "run", "bits", "prefixes", NULL }, ranges_parse },
	[RECON_ASK_CHECK] = { { "v", "key", "persons", NULL }, check_parse },
	[RECON_ASK_MEND] = { { "v", "muni", "key", "persons", NULL }, mend_parse },
	[RECON_ASK_SETTLED] = { { "v", "muni", "run", "key", "open", NULL }, settled_parse },
};

int
recon_ask_parse(enum recon_ask_kind kind, const void *body, size_t bytes, struct recon_ask *ret,
    struct err *err)
{
	int64_t v = 0;
	*ret = (struct recon_ask){ 0 };
	int r = js_parse(body, bytes, &ret->json, err);
	if (r == 0)
		r = js_members(ret->json, kinds[kind].members, err);
	if (r == 0)
		r = js_int(ret->json, "v", 1, 1, &v, err);
	if (r == 0)
		r = kinds[kind].parse(ret, err);
	if (r)
		recon_ask_done(ret);
	return err_fold(err, r, "reconcile");
}

void
recon_ask_done(struct recon_ask *ask)
{
	json_decref(ask->json);
	*ask = (struct recon_ask){ 0 };
}
