/* complaint: incompatible type */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

struct log_field f(const char *muni);
struct log_field
f(const char *muni)
{
#ifdef RIGHT
	struct muni_code code = { "990019" };
	(void)muni;
	return log_f_muni("muni", code);
#else
	return log_f_muni("muni", muni);
#endif
}
