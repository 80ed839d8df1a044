/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/harden.h"

#include "base/mem.h"
#include "wire/js.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void *
json_alloc(size_t bytes)
{
	return mem_zero(bytes);
}

static void
json_free(void *p)
{
	if (p != NULL)
		mem_wipe(p, malloc_usable_size(p));
	mem_free(p);
}

void
harden_process(void)
{
	const struct rlimit none = { 0, 0 };
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	json_set_alloc_funcs(json_alloc, json_free);
}
