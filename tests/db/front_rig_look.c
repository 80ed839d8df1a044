/* SPDX-License-Identifier: Apache-2.0 */
/* What a test of the front looks at: papers as a kiosk has them. */
#include "tests/db/front_rig.h"

#include "backside/apart.h"

uint8_t *
rig_copy_join(struct arena *a, struct rd *papers, size_t bytes)
{
	struct err err = { 0 };
	struct apart backs = { .n = 1, .at = { rd_u32(papers) } };
	uint8_t *pdf = NULL;
	size_t n = 0;
	const uint8_t *sealed = rd_field32(papers, &n);
	assert_non_null(sealed);
	assert_int_equal(apart_take(a, papers, bytes, &backs, &pdf, &err), 0);
	assert_int_equal(backside_encode(sealed, n, pdf + backs.at[0], &err), 0);
	return pdf;
}
