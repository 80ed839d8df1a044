/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/codeframe.h"
#include "backside/tilemap.h"

static const struct codeframe_shape shapes[BACKSIDE_N_RATES] = {
	[BACKSIDE_RATE_1_8] = { LDPC_1_4, CODEFRAME_N_WORDS / 2, BACKSIDE_MAX_BYTES_1_8 },
	[BACKSIDE_RATE_1_4] = { LDPC_1_4, CODEFRAME_N_WORDS, BACKSIDE_MAX_BYTES_1_4 },
	[BACKSIDE_RATE_1_3] = { LDPC_1_3, CODEFRAME_N_WORDS, BACKSIDE_MAX_BYTES_1_3 },
	[BACKSIDE_RATE_2_5] = { LDPC_2_5, CODEFRAME_N_WORDS, BACKSIDE_MAX_BYTES_2_5 },
	[BACKSIDE_RATE_1_2] = { LDPC_1_2, CODEFRAME_N_WORDS, BACKSIDE_MAX_BYTES_1_2 },
};

const struct codeframe_shape *
codeframe_shape_of(enum backside_rate rate)
{
	return &shapes[rate];
}

int
backside_rate_for(size_t bytes)
{
	for (int r = 0; r < BACKSIDE_N_RATES; r++)
		if (bytes <= shapes[r].max_bytes)
			return r;
	return -1;
}

size_t
backside_rate_max_bytes(enum backside_rate rate)
{
	return shapes[rate].max_bytes;
}

static void
crc64_table(uint64_t table[static 256])
{
	/* ECMA-182, reflected (CRC-64/XZ) */
	for (unsigned i = 0; i < 256; i++) {
		uint64_t v = i;
		for (int k = 0; k < 8; k++)
			v = v >> 1 ^ ((v & 1) ? 0xc96c5795d7870f42u : 0);
		table[i] = v;
	}
}

/* Over the format's version and rate, the length and the payload. */
static uint64_t
codeframe_check(enum backside_rate rate, const uint8_t *p, size_t bytes)
{
	uint64_t table[256];
	uint64_t crc = ~(uint64_t)0;
	const uint8_t head[6] = { TILEMAP_VERSION, (uint8_t)rate, (uint8_t)(bytes >> 24),
		(uint8_t)(bytes >> 16), (uint8_t)(bytes >> 8), (uint8_t)bytes };
	crc64_table(table);
	for (size_t i = 0; i < sizeof(head); i++)
		crc = table[(crc ^ head[i]) & 255] ^ crc >> 8;
	for (size_t i = 0; i < bytes; i++)
		crc = table[(crc ^ p[i]) & 255] ^ crc >> 8;
	return ~crc;
}

static void
put_byte(uint8_t *bits, unsigned v)
{
	for (unsigned k = 0; k < 8; k++)
		bits[k] = (uint8_t)(v >> (7 - k) & 1);
}

static unsigned
get_byte(const uint8_t *bits)
{
	unsigned v = 0;
	for (unsigned k = 0; k < 8; k++)
		v = v << 1 | bits[k];
	return v;
}

static uint64_t
get_number(const uint8_t *bits, unsigned bytes)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | get_byte(bits + 8 * i);
	return v;
}

void
codeframe_format(
    enum backside_rate rate, const uint8_t *payload, size_t bytes, uint8_t *bits, size_t n_bits)
{
	uint64_t check = codeframe_check(rate, payload, bytes);
	for (unsigned i = 0; i < 4; i++)
		put_byte(bits + 8 * i, (unsigned)(bytes >> (24 - 8 * i)) & 255);
	for (unsigned i = 0; i < 8; i++)
		put_byte(bits + 32 + 8 * i, (unsigned)(check >> (56 - 8 * i)) & 255);
	for (size_t i = 0; i < bytes; i++)
		put_byte(bits + 8 * (CODEFRAME_HEAD_BYTES + i), payload[i]);
	for (size_t i = 8 * (CODEFRAME_HEAD_BYTES + bytes); i < n_bits; i++)
		bits[i] = 0;
}

static bool
is_zero(const uint8_t *bits, size_t n)
{
	unsigned any = 0;
	for (size_t i = 0; i < n; i++)
		any |= bits[i];
	return any == 0;
}

bool
codeframe_parse(enum backside_rate rate, const uint8_t *bits, size_t n_bits, struct arena *a,
    uint8_t **ret, size_t *ret_bytes)
{
	size_t bytes = (size_t)get_number(bits, 4);
	if (bytes == 0 || bytes > shapes[rate].max_bytes ||
	    backside_rate_for(bytes) != (int)rate) /* one payload, one rate */
		return false;
	size_t end = 8 * (CODEFRAME_HEAD_BYTES + bytes);
	if (end > n_bits || !is_zero(bits + end, n_bits - end))
		return false;
	uint8_t *p = arena_zero(a, bytes);
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)get_byte(bits + 8 * (CODEFRAME_HEAD_BYTES + i));
	if (codeframe_check(rate, p, bytes) != get_number(bits + 32, 8))
		return false;
	*ret = p;
	*ret_bytes = bytes;
	return true;
}
