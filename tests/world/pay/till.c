/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/pay/till.h"

#include "base/text.h"
#include "wire/js.h"

#include <string.h>

const char *
till_state_name(enum till_state s)
{
	static const char *const names[] = { "begun", "authorised", "declined", "committed",
		"voided" };
	return names[s];
}

static void
say(struct buf *out, const char *is, const char *tx, unsigned yen)
{
	buf_printf(out, "{\"is\":\"%s\",\"tx\":\"%s\",\"yen\":%u}\n", is, tx, yen);
}

static struct till_tx *
find(struct till *t, const char *tx)
{
	for (unsigned i = 0; i < t->n; i++)
		if (strcmp(t->tx[i].tx, tx) == 0)
			return &t->tx[i];
	return NULL;
}

/* Pays as the mode has it. */
static void
settle(struct till *t, struct till_tx *x)
{
	if (x->state != TILL_BEGUN)
		return;
	if (t->mode == TILL_AUTO)
		x->inserted_yen = x->asked_yen;
	if (t->mode == TILL_DECLINE)
		x->state = TILL_DECLINED;
	else if (x->inserted_yen >= x->asked_yen)
		x->state = TILL_AUTHORISED;
}

static void
stand(const struct till_tx *x, struct buf *out)
{
	if (x->state == TILL_BEGUN && x->inserted_yen > 0)
		say(out, "inserted", x->tx, x->inserted_yen);
	if (x->state == TILL_AUTHORISED)
		say(out, "authorised", x->tx, x->asked_yen);
	if (x->state == TILL_DECLINED)
		say(out, "declined", x->tx, 0);
}

static void
do_begin(struct till *t, const char *tx, unsigned yen, struct buf *out)
{
	struct till_tx *x = find(t, tx);
	if (x == NULL && t->n < TILL_MAX_TX && yen > 0) {
		x = &t->tx[t->n++];
		*x = (struct till_tx){ .asked_yen = yen };
		memcpy(x->tx, tx, TILL_TX_CHARS);
	}
	if (x == NULL || x->asked_yen != yen || x->state >= TILL_COMMITTED) {
		say(out, "refused", tx, 0);
		return;
	}
	settle(t, x);
	say(out, "begun", tx, yen);
	stand(x, out);
}

static void
do_commit(struct till_tx *x, unsigned yen, struct buf *out)
{
	bool now = x->state == TILL_AUTHORISED && yen > 0 && yen <= x->asked_yen;
	bool before = x->state == TILL_COMMITTED && x->kept_yen == yen;
	if (!now && !before) {
		say(out, "refused", x->tx, 0);
		return;
	}
	x->state = TILL_COMMITTED;
	x->kept_yen = yen;
	say(out, "committed", x->tx, yen);
}

static void
do_void(struct till_tx *x, struct buf *out)
{
	if (x->state == TILL_COMMITTED) {
		say(out, "refused", x->tx, 0);
		return;
	}
	x->state = TILL_VOIDED;
	say(out, "voided", x->tx, 0);
}

static void
do_refund(struct till_tx *x, unsigned yen, struct buf *out)
{
	if (x->state != TILL_COMMITTED || yen > x->kept_yen) {
		say(out, "refused", x->tx, 0);
		return;
	}
	x->kept_yen -= yen;
	say(out, "refunded", x->tx, yen);
}

static void
till_do(struct till *t, const char *what, const char *tx, unsigned yen, struct buf *out)
{
	if (strcmp(what, "begin") == 0) {
		do_begin(t, tx, yen, out);
		return;
	}
	struct till_tx *x = find(t, tx);
	if (x == NULL)
		say(out, "unknown", tx, 0);
	else if (strcmp(what, "commit") == 0)
		do_commit(x, yen, out);
	else if (strcmp(what, "void") == 0)
		do_void(x, out);
	else if (strcmp(what, "refund") == 0)
		do_refund(x, yen, out);
	else
		say(out, "refused", tx, 0);
}

void
till_line(struct till *t, const char *line, size_t bytes, struct buf *out)
{
	static const char *const members[] = { "do", "tx", "yen?", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct err err = { 0 };
	uint8_t id[TILL_TX_CHARS / 2];
	const char *what = NULL;
	const char *tx = NULL;
	int64_t yen = 0;
	if (t->mode == TILL_SILENT)
		return;
	if (js_parse(line, bytes, &o, &err) != 0 || js_members(o, members, &err) != 0 ||
	    js_text(o, "do", 16, &what, &err) != 0 || js_text(o, "tx", 32, &tx, &err) != 0 ||
	    !text_hex_parse(tx, strlen(tx), id, sizeof(id)) ||
	    (json_object_get(o, "yen") && js_int(o, "yen", 0, 1000000, &yen, &err) != 0)) {
		say(out, "refused", "00000000000000000000000000000000", 0);
		return;
	}
	till_do(t, what, tx, (unsigned)yen, out);
}

static bool
set_mode(struct till *t, const char *name)
{
	static const char *const names[] = { "auto", "coins", "decline", "silent" };
	for (unsigned i = 0; i < N_ELEMENTS(names); i++)
		if (strcmp(names[i], name) == 0) {
			t->mode = (enum till_mode)i;
			return true;
		}
	return false;
}

bool
till_control(struct till *t, const char *line, struct buf *out)
{
	uint64_t yen = 0;
	bool good = false;
	if (strncmp(line, "mode ", 5) == 0)
		good = set_mode(t, line + 5);
	else if (strncmp(line, "insert ", 7) == 0)
		good = text_u64_parse(line + 7, strlen(line + 7), 100000, &yen);
	if (!good)
		return false;
	/* A coin goes to the transaction that waits for one: the newest. */
	for (unsigned i = t->n; i-- > 0;) {
		struct till_tx *x = &t->tx[i];
		if (x->state != TILL_BEGUN)
			continue;
		x->inserted_yen += (unsigned)yen;
		yen = 0;
		settle(t, x);
		if (t->mode != TILL_SILENT)
			stand(x, out);
	}
	return true;
}

void
till_ledger(const struct till *t, struct buf *out)
{
	for (unsigned i = 0; i < t->n; i++)
		buf_printf(out,
		    "{\"tx\":\"%s\",\"state\":\"%s\",\"asked_yen\":%u,\"inserted_yen\":%u,"
		    "\"kept_yen\":%u}\n",
		    t->tx[i].tx, till_state_name(t->tx[i].state), t->tx[i].asked_yen,
		    t->tx[i].inserted_yen, t->tx[i].kept_yen);
}
