/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/trial.h"
#include "server/issue/render_wire.h"

#include <string.h>

unsigned
trial_kind(const struct profile *profile)
{
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (profile->kinds[k].offered && doc_kind_is_record((enum doc_kind)k))
			return k;
	return 0;
}

void
trial_request(struct arena *a, const struct profile *profile, struct buf *out)
{
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct resident *r = &q->persons[0];
	q->muni = profile->muni;
	q->kind = (enum doc_kind)trial_kind(profile);
	q->issued_on = (struct civil_date){ 2026, 1, 5 };
	q->n_persons = q->n_copies = 1;
	q->copies[0].number = "000000-20260105-SELFTEST-000001";
	memcpy(q->copies[0].front_code, "0123456789ABCDEF", RENDER_FRONT_CODE_CHARS);
	*r = (struct resident){ .muni = profile->muni,
		.rireki_no = 1,
		.state = RESIDENT_REGISTERED,
		.class_ = RESIDENT_JAPANESE,
		.narabi = 1,
		.atena_no = "000000000000001",
		.setai_no = "000000000000001",
		.name = TRIAL_NAME,
		.name_kana = "みほん　たろう",
		.birth = "昭和５５年１月２日",
		.sex = "男",
		.kojin_no = "000000000000",
		.jumin_code = "00000000000",
		.setainushi = TRIAL_NAME,
		.zokugara = "世帯主",
		.honseki = "見本県架空市見本町一丁目１番",
		.hittosha = TRIAL_NAME,
		.jumin_since = "平成１０年４月１日",
		.address = "見本県架空市見本町一丁目２番３号",
		.address_since = "平成１０年４月１日" };
	render_request_encode(q, out);
}
