/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/transcript.h"

#include <string.h>

enum { POINT_UNCOMPRESSED = 0x04 }; /* SEC 1 2.3.3 */

static bool
id_is_good(const char *s, size_t bytes)
{
	if (bytes == 0 || bytes > TRANSCRIPT_MAX_ID)
		return false;
	for (size_t i = 0; i < bytes; i++) {
		char c = s[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

int
transcript_format(const struct transcript *t, struct buf *out, struct err *err)
{
	size_t center = strnlen(t->center, sizeof(t->center));
	size_t kiosk = strnlen(t->kiosk, sizeof(t->kiosk));
	if (!id_is_good(t->center, center) || !id_is_good(t->kiosk, kiosk))
		return err_raise(err, FAULT_BAD_INPUT, "transcript id", 0);
	if (t->at_ms < 0)
		return err_raise(err, FAULT_BAD_INPUT, "transcript time", 0);
	if (t->point[0] != POINT_UNCOMPRESSED)
		return err_raise(err, FAULT_BAD_INPUT, "transcript point", t->point[0]);
	buf_put(out, TRANSCRIPT_LABEL, sizeof(TRANSCRIPT_LABEL)); /* with its NUL */
	buf_field16(out, t->center, center);
	buf_field16(out, t->kiosk, kiosk);
	buf_put(out, t->nonce, sizeof(t->nonce));
	buf_u64(out, (uint64_t)t->at_ms);
	buf_put(out, t->cert_hash, sizeof(t->cert_hash));
	buf_put(out, t->point, sizeof(t->point));
	if (!buf_ok(out))
		return err_raise(err, FAULT_INTERNAL, "transcript does not fit", 0);
	return 0;
}

static int
transcript_read_id(struct rd *in, char out[TRANSCRIPT_MAX_ID + 1], struct err *err)
{
	size_t n = 0;
	const uint8_t *p = rd_field16(in, &n);
	if (p == NULL || !id_is_good((const char *)p, n))
		return err_raise(err, FAULT_BAD_INPUT, "transcript id", (long)n);
	memcpy(out, p, n);
	return 0;
}

static void
transcript_read_bytes(struct rd *in, uint8_t *out, size_t bytes)
{
	const uint8_t *p = rd_bytes(in, bytes);
	if (p != NULL)
		memcpy(out, p, bytes);
}

int
transcript_parse(const void *p, size_t bytes, struct transcript *ret, struct err *err)
{
	struct transcript t = { 0 };
	if (bytes > TRANSCRIPT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "transcript over its limit", (long)bytes);
	struct rd in = rd_init(p, bytes);
	const uint8_t *label = rd_bytes(&in, sizeof(TRANSCRIPT_LABEL));
	if (label == NULL || memcmp(label, TRANSCRIPT_LABEL, sizeof(TRANSCRIPT_LABEL)) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "transcript label", 0);
	int r = transcript_read_id(&in, t.center, err);
	if (r == 0)
		r = transcript_read_id(&in, t.kiosk, err);
	if (r)
		return err_trace(err, r, "transcript");
	transcript_read_bytes(&in, t.nonce, sizeof(t.nonce));
	uint64_t at_ms = rd_u64(&in);
	transcript_read_bytes(&in, t.cert_hash, sizeof(t.cert_hash));
	transcript_read_bytes(&in, t.point, sizeof(t.point));
	if (!rd_done(&in))
		return err_raise(err, FAULT_BAD_INPUT, "transcript length", (long)bytes);
	if (at_ms > INT64_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "transcript time", 0);
	if (t.point[0] != POINT_UNCOMPRESSED)
		return err_raise(err, FAULT_BAD_INPUT, "transcript point", t.point[0]);
	t.at_ms = (int64_t)at_ms;
	*ret = t;
	return 0;
}
