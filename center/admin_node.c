/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes of municipalities get orders: list-node, unlist-node, cut-node, admit-node. */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "center/admin_int.h"
#include "domain/announce.h"
#include "queries/center_admin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
admin_refuse(const char *what, const char *why)
{
	(void)fprintf(stderr, "kofu-center: %s: %s\n", what, why);
	return ADMIN_E_REFUSED;
}

static int
announce_from_stdin(struct announce *ret, struct err *err)
{
	struct buf b;
	buf_init(&b, ANNOUNCE_MAX_BYTES);
	int r = fd_read_to_end(STDIN_FILENO, &b, err);
	if (r == 0)
		r = announce_parse(b.p, b.bytes, ret, err);
	buf_done(&b);
	return r;
}

static int
list_write(struct admin_run *x, const struct announce *a, const char *hex, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	char by[2 * ADMIN_MAX_NAME + 2];
	admin_by_two(x, by);
	announce_digest(a, digest);
	int r = db_ask(x->db, &q_admin_node_list, NULL, err, db_text_arg(a->muni.s),
	    db_bytes_arg(digest, sizeof(digest)), db_text_arg(a->build), db_text_arg(a->seal),
	    db_int_arg(a->schema), db_bytes_arg(a->schema_sha256, sizeof(a->schema_sha256)),
	    db_bytes_arg(a->conf_sha256, sizeof(a->conf_sha256)), db_int_arg(clock_now_ms()),
	    db_text_arg(by), db_int_arg(ADMIN_MAX_LISTED));
	if (r == 0)
		r = db_ask(x->db, &q_admin_node_listed, &rows, err, db_text_arg(a->muni.s),
		    db_bytes_arg(digest, sizeof(digest)));
	if (r)
		return err_fold(err, r, "list-node");
	if (!db_bool(rows, 0, 0))
		return admin_refuse(
		    x->argv[0], "16 are listed already: unlist-node those of before");
	(void)printf("listed: %s %s\n", a->muni.s, hex);
	return 0;
}

int
admin_list_node(struct admin_run *x, struct err *err)
{
	struct announce a;
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	char hex[2 * ANNOUNCE_DIGEST_BYTES + 1];
	if (announce_from_stdin(&a, err) != 0)
		return admin_refuse(x->argv[0], "stdin is no line of kofu-server announce");
	if (strcmp(a.muni.s, x->argv[0]) != 0)
		return admin_refuse(x->argv[0], "that is the announcement of another municipality");
	announce_digest(&a, digest);
	text_hex_format(digest, sizeof(digest), hex);
	return list_write(x, &a, hex, err);
}

int
admin_unlist_node(struct admin_run *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	uint8_t digest[ANNOUNCE_DIGEST_BYTES];
	if (!text_hex_parse(x->argv[1], strlen(x->argv[1]), digest, sizeof(digest)))
		return admin_refuse(x->argv[1], "is no digest, as list-node and status print it");
	int r = db_ask(x->db, &q_admin_node_unlist, &done, err, db_text_arg(x->argv[0]),
	    db_bytes_arg(digest, sizeof(digest)), db_int_arg(clock_now_ms()),
	    db_text_arg(x->argv[3]));
	if (r)
		return err_fold(err, r, "unlist-node");
	(void)printf(db_n_touched(done) == 1 ? "taken no more: %s %s\n" : "was not listed: %s %s\n",
	    x->argv[0], x->argv[1]);
	return 0;
}

static bool
node_is_known(const struct center_conf *c, const char *node)
{
	for (unsigned i = 0; i < c->n_munis; i++)
		if (center_conf_has(c->munis[i].server_ids, node))
			return true;
	return false;
}

int
admin_cut_node(struct admin_run *x, struct err *err)
{
	if (!node_is_known(&x->conf, x->argv[0]))
		return admin_refuse(x->argv[0], "is in no municipality's server_ids");
	int r = db_ask(x->db, &q_admin_node_cut, NULL, err, db_text_arg(x->argv[0]),
	    db_int_arg(clock_now_ms()), db_text_arg(x->argv[2]));
	if (r == 0)
		(void)printf("cut off: %s\n", x->argv[0]);
	return err_fold(err, r, "cut-node");
}

int
admin_admit_node(struct admin_run *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	char by[2 * ADMIN_MAX_NAME + 2];
	if (!node_is_known(&x->conf, x->argv[0]))
		return admin_refuse(x->argv[0], "is in no municipality's server_ids");
	admin_by_two(x, by);
	int r = db_ask(x->db, &q_admin_node_admit, &done, err, db_text_arg(x->argv[0]),
	    db_int_arg(clock_now_ms()), db_text_arg(by));
	if (r)
		return err_fold(err, r, "admit-node");
	(void)printf(
	    db_n_touched(done) == 1 ? "admitted: %s\n" : "was not cut off: %s\n", x->argv[0]);
	return 0;
}
