/* SPDX-License-Identifier: Apache-2.0 */
/* warm_help - one municipality and a warm renderer that draws its papers, for a program's tests. */
#pragma once
#include "base/arena.h"
#include "domain/profile.h"
#include "server/issue/warm.h"

extern struct arena *arena;
extern struct profile profiles[1];
extern struct warm warm;

/* cmocka's setup and teardown of a group: the renderer is warm between them. */
int warm_begin(void **state);
int warm_end(void **state);
