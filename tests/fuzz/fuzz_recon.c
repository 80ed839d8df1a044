/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent may ask for reconciliation. The first byte says which body the rest is:
 * n a run begun, o one named, r ranges, c a check, m a mending, s a last word. What is taken is
 * within every limit, points into the body's own texts, and the records of an order are read too.
 */
#include "domain/record.h"
#include "server/sync/recon_ask.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
ranges(const struct recon_ask *ask)
{
	for (size_t i = 0; i < ask->n; i++) {
		struct tally_range r = ask->ranges[i];
		must(r.bits + TALLY_STEP_BITS <= TALLY_MAX_BITS);
		for (unsigned k = 0; k < TALLY_CHILDREN; k++)
			must(tally_range_child(r, k).bits == r.bits + TALLY_STEP_BITS);
	}
}

static void
orders(const struct recon_ask *ask)
{
	for (size_t i = 0; i < ask->n; i++) {
		const struct recon_order *o = &ask->orders[i];
		must(strlen(o->atena_no) <= RECORD_MAX_NUMBER_BYTES);
		must(strlen(o->token) <= RECON_TOKEN_BYTES);
		must(json_array_size(o->records) <= RECON_MAX_RECORDS);
		for (size_t k = 0; k < json_array_size(o->records); k++) {
			AUTO(arena) struct arena *a = arena_new(1024 * 1024);
			struct err err = { 0 };
			struct sync_record rec;
			struct sync_unreadable bad = { 0 };
			int r = record_parse(
			    a, ask->muni, json_array_get(o->records, k), &rec, &bad, &err);
			must(r == RECORD_E_UNREADABLE || r == 0);
			must(r != 0 || rec.rireki_no >= 1);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char kinds[] = { [RECON_ASK_RUN] = 'n',
		[RECON_ASK_OF] = 'o',
		[RECON_ASK_RANGES] = 'r',
		[RECON_ASK_CHECK] = 'c',
		[RECON_ASK_MEND] = 'm',
		[RECON_ASK_SETTLED] = 's' };
	struct recon_ask ask;
	struct err err = { 0 };
	enum recon_ask_kind kind = RECON_ASK_RUN;
	while (size > 0 && kind <= RECON_ASK_SETTLED && kinds[kind] != (char)data[0])
		kind++;
	if (size == 0 || kind > RECON_ASK_SETTLED)
		return 0;
	int r = recon_ask_parse(kind, data + 1, size - 1, &ask, &err);
	must(r == 0 || r == FAULT_BAD_INPUT);
	if (r)
		return 0;
	must(ask.n <= (kind == RECON_ASK_MEND ? RECON_MEND_MAX : RECON_ASK_MAX));
	must(ask.run >= 1 || (kind != RECON_ASK_OF && kind != RECON_ASK_RANGES));
	must(ask.open >= 0 && ask.open <= TALLY_MAX_PERSONS);
	must(kind != RECON_ASK_SETTLED || (ask.run >= 1 && ask.muni.s[0] != '\0'));
	if (kind == RECON_ASK_RANGES)
		ranges(&ask);
	if (kind == RECON_ASK_MEND)
		orders(&ask);
	for (size_t i = 0; kind == RECON_ASK_CHECK && i < ask.n; i++)
		must(
		    ask.numbers[i][0] != '\0' && strlen(ask.numbers[i]) <= RECORD_MAX_NUMBER_BYTES);
	recon_ask_done(&ask);
	return 0;
}
