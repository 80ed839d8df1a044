/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/admission.h"

void
admission_init(struct admission *a, unsigned limit)
{
	atomic_init(&a->inside, 0);
	a->limit = limit;
}

bool
admission_enter(struct admission *a)
{
	if (atomic_fetch_add(&a->inside, 1) < a->limit)
		return true;
	atomic_fetch_sub(&a->inside, 1);
	return false;
}

void
admission_leave(struct admission *a)
{
	atomic_fetch_sub(&a->inside, 1);
}
