/* complaint: warn_unused_result */
/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

void f(struct db *db, struct err *err);
void
f(struct db *db, struct err *err)
{
#ifdef RIGHT
	int r = db_begin(db, DB_SNAPSHOT, err);
	(void)r;
#else
	db_begin(db, DB_SNAPSHOT, err);
#endif
}
