/* SPDX-License-Identifier: Apache-2.0 */
/* kofu-warm - the renderer that kofu-server starts (warm.h); by hand it does nothing. */
#include "base/file.h"
#include "base/mem.h"
#include "server/issue/template.h"
#include <signal.h>
#include <sys/prctl.h>

static int
told_read(struct arena *a, struct warm_conf *ret, struct err *err)
{
	struct buf b;
	buf_init(&b, WARM_WIRE_MAX_BYTES);
	int r = fd_read_to_end(TEMPLATE_TOLD_FD, &b, err);
	if (r == 0)
		r = warm_conf_decode(a, b.p, b.bytes, ret, err);
	buf_done(&b);
	fd_close(TEMPLATE_TOLD_FD);
	return err_trace(err, r, "told");
}

int
main(void)
{
	AUTO(arena) struct arena *a = arena_new((size_t)2 * WARM_WIRE_MAX_BYTES);
	struct warm_conf c;
	struct err err = { 0 };
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (told_read(a, &c, &err) == 0)
		template_run(TEMPLATE_CONTROL_FD, &c);
	log_fault("warm.started", (struct txn_id){ 0 }, &err);
	return 1;
}
