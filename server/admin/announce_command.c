/* SPDX-License-Identifier: Apache-2.0 */
/* announce CONF MUNI: what this node says it is, for kofu-center list-node. */
#include "domain/muni.h"
#include "server/admin/admin_int.h"
#include "server/front/node.h"

#include <stdio.h>
#include <string.h>

enum { ANNOUNCE_ARENA_BYTES = 4 * 1024 * 1024 };

static int
announce_run(struct arena *a, char **argv, struct announce *ret, struct err *err)
{
	struct server_conf c;
	struct muni_code muni;
	struct db *db = NULL;
	uint8_t conf[32];
	int r = server_conf_load(a, argv[1], &c, err);
	if (r)
		return err_trace(err, r, "configuration");
	const struct server_muni_conf *m = server_conf_muni(&c, argv[2]);
	if (m == NULL || !muni_parse(m->code, strlen(m->code), &muni))
		return err_raise(err, FAULT_CONFIG, "no such municipality", 0);
	r = node_conf_digest(&c, m, conf, err);
	if (r == 0)
		r = db_open(m->front, &db, err);
	if (r == 0)
		r = node_announce(&c, muni, conf, db, ret, err);
	db_close(db);
	return err_fold(err, r, "announce");
}

int
admin_command_announce(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(ANNOUNCE_ARENA_BYTES);
	AUTO(json_t) json_t *o = json_object();
	struct announce said;
	struct err err = { 0 };
	struct buf out;
	if (argc != 3)
		return admin_usage(ADMIN_USAGE_ANNOUNCE);
	int r = announce_run(a, argv, &said, &err);
	if (r)
		return admin_failed(r, "announce", &err);
	announce_put(&said, o);
	buf_init(&out, ANNOUNCE_MAX_BYTES);
	r = js_format(o, &out, &err);
	if (r == 0)
		(void)printf("%.*s\n", (int)out.bytes, (const char *)out.p);
	buf_done(&out);
	return r ? admin_failed(r, "announce", &err) : 0;
}
