/* SPDX-License-Identifier: Apache-2.0 */
#include "warm_help.h"
#include "paper_help.h"

struct arena *arena;
struct profile profiles[1];
struct warm warm;

int
warm_begin(void **state)
{
	struct err err = { 0 };
	(void)state;
	arena = arena_new(64 << 20);
	paper_profile(arena, PROFILE_RENKI, &profiles[0]);
	return warm_start(
	    &(struct warm_conf){ FONT_MANIFEST, profiles, 1, true, KOFU_WARM }, &warm, &err);
}

int
warm_end(void **state)
{
	(void)state;
	warm_stop(&warm);
	arena_free(arena);
	return 0;
}
