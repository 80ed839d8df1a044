/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent may send. The first byte says what the rest is: r a record, b a
 * batch's text, h a heartbeat, m a medium's list. A row that is read must be
 * one that can be stored and read again.
 */
#include "domain/muni.h"
#include "domain/record_read.h"
#include "server/admin/medium.h"
#include "server/sync/batch.h"
#include "wire/gzip.h"

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
stored_again(struct arena *a, const struct sync_record *rec)
{
	struct err err = { 0 };
	struct resident resident;
	struct seal_row seal;
	struct buf first;
	struct buf again;
	buf_init(&first, SEAL_ROW_MAX_BYTES);
	buf_init(&again, SEAL_ROW_MAX_BYTES);
	if (rec->kind == SYNC_RESIDENT) {
		resident_encode(&rec->resident, &first);
		must(buf_ok(&first) && first.bytes <= RESIDENT_MAX_BYTES);
		must(resident_decode(a, first.p, first.bytes, &resident, &err) == 0);
		resident_encode(&resident, &again);
	} else {
		seal_row_encode(&rec->seal, &first);
		must(buf_ok(&first));
		must(seal_row_decode(a, first.p, first.bytes, &seal, &err) == 0);
		seal_row_encode(&seal, &again);
	}
	must(again.bytes == first.bytes && memcmp(again.p, first.p, first.bytes) == 0);
	buf_done(&first);
	buf_done(&again);
}

/* What the quick way takes, the other takes for the same. */
static void
same_quickly(struct muni_code muni, const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct sync_record quick, rec;
	struct sync_unreadable bad = { 0 };
	json_t *o = NULL;
	size_t n = 0;
	AUTO(arena) struct arena *a = arena_new(1024 * 1024);
	char *text = arena_memdup(a, p, bytes);
	if (record_read(muni, text, bytes, &quick, &n) != 0) {
		must(memchr(p, 0, bytes) != NULL || memcmp(text, p, bytes) == 0);
		return;
	}
	must(n <= bytes && js_parse(p, n, &o, &err) == 0);
	must(record_parse(a, muni, o, &rec, &bad, &err) == 0 && rec.kind == SYNC_RESIDENT);
	must(rec.rireki_no == quick.rireki_no && strcmp(rec.atena_no, quick.atena_no) == 0 &&
	    strcmp(rec.setai_no, quick.setai_no) == 0);
	struct buf one, two;
	buf_init(&one, RESIDENT_MAX_BYTES);
	buf_init(&two, RESIDENT_MAX_BYTES);
	resident_encode(&rec.resident, &one);
	resident_encode(&quick.resident, &two);
	must(one.bytes == two.bytes && memcmp(one.p, two.p, one.bytes) == 0);
	buf_done(&one);
	buf_done(&two);
	json_decref(o);
}

static void
more_quickly(struct muni_code muni, const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct sync_record quick, rec;
	struct sync_unreadable bad = { 0 };
	json_t *o = NULL;
	size_t n = 0;
	AUTO(arena) struct arena *a = arena_new(4 * 1024 * 1024);
	char *text = arena_memdup(a, p, bytes);
	if (record_read_more(a, muni, text, bytes, &quick, &n) != 0) {
		must(memchr(p, 0, bytes) != NULL || memcmp(text, p, bytes) == 0);
		return;
	}
	must(n <= bytes && js_parse(p, n, &o, &err) == 0);
	must(record_parse(a, muni, o, &rec, &bad, &err) == 0 && rec.kind == quick.kind);
	must(rec.rireki_no == quick.rireki_no && strcmp(rec.atena_no, quick.atena_no) == 0);
	if (rec.kind == SYNC_CARD) {
		must(rec.card.active == quick.card.active &&
		    rec.card.serial_bytes == quick.card.serial_bytes &&
		    memcmp(rec.card.issuer, quick.card.issuer, sizeof(rec.card.issuer)) == 0 &&
		    memcmp(rec.card.serial, quick.card.serial, rec.card.serial_bytes) == 0);
	} else {
		struct buf one, two;
		buf_init(&one, SEAL_ROW_MAX_BYTES);
		buf_init(&two, SEAL_ROW_MAX_BYTES);
		seal_row_encode(&rec.seal, &one);
		seal_row_encode(&quick.seal, &two);
		must(one.bytes == two.bytes && memcmp(one.p, two.p, one.bytes) == 0);
		buf_done(&one);
		buf_done(&two);
	}
	json_decref(o);
}

static void
record(const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct muni_code muni;
	struct sync_record rec;
	struct sync_unreadable bad = { 0 };
	json_t *o = NULL;
	must(muni_parse("991015", 6, &muni));
	same_quickly(muni, p, bytes);
	more_quickly(muni, p, bytes);
	if (js_parse(p, bytes, &o, &err) != 0)
		return;
	AUTO(arena) struct arena *a = arena_new(1024 * 1024);
	if (record_parse(a, muni, o, &rec, &bad, &err) == 0) {
		must(rec.rireki_no >= 1 && rec.rireki_no <= RECORD_MAX_RIREKI);
		must(rec.atena_no != NULL || (rec.kind == SYNC_BLOCK && rec.setai_no != NULL));
		must(rec.kind != SYNC_RESIDENT || rec.setai_no != NULL);
		must(rec.kind != SYNC_CARD ||
		    (rec.card.serial_bytes >= 1 && rec.card.serial_bytes <= 20));
		must(rec.kind != SYNC_BLOCK || !rec.block.active || rec.block.kinds != 0);
		if (rec.kind == SYNC_RESIDENT || rec.kind == SYNC_SEAL)
			stored_again(a, &rec);
	}
	json_decref(o);
}

static void
batch(const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct batch b = { 0 };
	struct buf packed;
	buf_init(&packed, bytes + 4096);
	must(gzip_pack(p, bytes, &packed, &err) == 0);
	if (batch_parse(packed.p, packed.bytes, &b, &err) == 0)
		must(b.seq >= 1 && b.epoch >= 1 && b.n_rows >= 1);
	batch_done(&b);
	buf_done(&packed);
	must(batch_parse(p, bytes, &b, &err) != 0 || b.seq >= 1); /* as it came: seldom a gzip */
	batch_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct beat beat;
	struct medium_list list = { 0 };
	if (size == 0)
		return 0;
	if (data[0] == 'r')
		record(data + 1, size - 1);
	if (data[0] == 'b')
		batch(data + 1, size - 1);
	if (data[0] == 'h' && beat_parse(data + 1, size - 1, &beat, &err) == 0)
		must(beat.epoch >= 1 && beat.seq >= 0);
	if (data[0] == 'm' && medium_list_parse(data + 1, size - 1, &list, &err) == 0)
		must(list.epoch >= 1 && list.source[0] != '\0');
	medium_list_done(&list);
	return 0;
}
