/* SPDX-License-Identifier: Apache-2.0 */
/* What the center reads from others: manifests, releases, outcomes, offers, pushes, voids. The
 * first byte chooses. */
#include "center/directory/directory.h"
#include "center/router/manifest.h"
#include "center/router/offer.h"
#include "center/router/signed.h"
#include "center/router/voids.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_manifest(const uint8_t *p, size_t n)
{
	struct manifest m;
	if (manifest_parse(p, n, &m, NULL) != 0)
		return;
	if (m.n_copies < 1 || m.n_copies > ORDER_MAX_COPIES || m.build[0] == '\0')
		abort();
	for (unsigned i = 0; i < m.n_copies; i++)
		if (m.copies[i].n_pages < 1 || m.copies[i].n_pages > MANIFEST_MAX_PAGES ||
		    m.copies[i].number[0] == '\0' ||
		    strspn(m.copies[i].number,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") !=
			strlen(m.copies[i].number))
			abort();
}

static void
check_push(const uint8_t *p, size_t n)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct directory_push push;
	if (directory_parse(a, p, n, &push, NULL) != 0)
		return;
	for (size_t i = 0; i < push.n; i++)
		if (push.changes[i].serial_bytes < 1 ||
		    push.changes[i].serial_bytes > CERT_MAX_SERIAL ||
		    (push.changes[i].serial_bytes > 1 && push.changes[i].serial[0] == 0))
			abort();
}

static void
check_voids(const uint8_t *p, size_t n)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct voids v;
	if (voids_parse(a, p, n, &v, NULL) != 0)
		return;
	if (v.n < 1 || v.n > VOIDS_MAX)
		abort();
	for (size_t i = 0; i < v.n; i++)
		if (strncmp(v.numbers[i], v.muni.s, strlen(v.muni.s)) != 0)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json_t) json_t *offer = NULL;
	struct release release;
	struct outcome outcome;
	if (size == 0 || size > DIRECTORY_BODY_MAX_BYTES)
		return 0;
	switch (data[0]) {
	case 'm':
		check_manifest(data + 1, size - 1);
		break;
	case 'r':
		(void)!release_parse(data + 1, size - 1, &release, NULL);
		break;
	case 'o':
		if (outcome_parse(data + 1, size - 1, &outcome, NULL) == 0 &&
		    (outcome.n_copies < 1 || outcome.n_copies > ORDER_MAX_COPIES))
			abort();
		break;
	case 'f':
		(void)!offer_parse(data + 1, size - 1, &offer, NULL);
		break;
	case 'd':
		check_push(data + 1, size - 1);
		break;
	case 'v':
		check_voids(data + 1, size - 1);
		break;
	default:
		break;
	}
	return 0;
}
