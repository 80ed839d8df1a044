/* SPDX-License-Identifier: Apache-2.0 */
/* The PC/SC side: readers, waiting, connecting. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "kiosk/card/pcscd.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <winscard.h>

enum {
	READER_NAMES_MAX_BYTES = 16 * MAX_READERNAME,
	/* A cancel that comes just before the wait begins is lost; so no wait is longer. */
	READER_WAIT_SLICE_MS = 2000,
};
/* pcscd reports readers that come and go under this name. */
static const char READER_PNP[] = "\\\\?PnP?\\Notification";

struct card_reader {
	char wanted[MAX_READERNAME]; /* a name's beginning; "" takes any */
	SCARDCONTEXT ctx;
	bool has_ctx;
	SCARDHANDLE card;
	bool connected;
	DWORD protocol;
	atomic_bool cancelled;
	char names[READER_NAMES_MAX_BYTES];
	SCARD_READERSTATE states[CARD_READERS_MAX + 1]; /* the readers, then READER_PNP */
	DWORD n;                                        /* readers of ours */
};

static int
reader_outcome(LONG pcsc)
{
	switch (pcsc) {
	case SCARD_S_SUCCESS:
		return 0;
	case SCARD_E_NO_READERS_AVAILABLE:
	case SCARD_E_UNKNOWN_READER:
	case SCARD_E_READER_UNAVAILABLE:
		return CARD_E_NO_READER;
	case SCARD_E_NO_SMARTCARD:
	case SCARD_W_REMOVED_CARD:
	case SCARD_W_RESET_CARD:
	case SCARD_E_NOT_TRANSACTED:
		return CARD_E_REMOVED;
	case SCARD_E_SHARING_VIOLATION:
		return CARD_E_TAKEN;
	case SCARD_E_TIMEOUT:
		return CARD_E_TIMEOUT;
	case SCARD_E_CANCELLED:
		return CARD_E_CANCELLED;
	default:
		return CARD_E_READER;
	}
}

static void
reader_drop_context(struct card_reader *r)
{
	if (r->has_ctx)
		(void)SCardReleaseContext(r->ctx);
	r->has_ctx = false;
	r->connected = false;
}

/* A context, to a pcscd that was looked at: after a restart it may be started differently. */
static int
reader_context(struct card_reader *r, struct err *err)
{
	if (r->has_ctx && SCardIsValidContext(r->ctx) == SCARD_S_SUCCESS)
		return 0;
	reader_drop_context(r);
	LONG e = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &r->ctx);
	if (e != SCARD_S_SUCCESS)
		return err_raise(err, FAULT_UNAVAILABLE, "pcscd", (long)e);
	r->has_ctx = true;
	int f = card_pcscd_check(err);
	if (f != 0)
		reader_drop_context(r);
	return err_trace(err, f, "pcscd");
}

/* The readers of now whose names begin as wanted. CARD_E_NO_READER leaves only READER_PNP. */
static int
reader_list(struct card_reader *r)
{
	DWORD bytes = sizeof(r->names);
	memset(r->states, 0, sizeof(r->states));
	r->n = 0;
	LONG e = SCardListReaders(r->ctx, NULL, r->names, &bytes);
	if (e != SCARD_S_SUCCESS)
		bytes = 0;
	for (DWORD at = 0; at < bytes && r->names[at] != '\0';) {
		const char *name = r->names + at;
		size_t len = strnlen(name, bytes - at);
		if (strncmp(name, r->wanted, strlen(r->wanted)) == 0 && r->n < CARD_READERS_MAX)
			r->states[r->n++].szReader = name;
		at += (DWORD)len + 1;
	}
	r->states[r->n].szReader = READER_PNP;
	if (e != SCARD_S_SUCCESS && e != SCARD_E_NO_READERS_AVAILABLE)
		return reader_outcome(e);
	return r->n == 0 ? CARD_E_NO_READER : 0;
}

static bool
reader_take_cancel(struct card_reader *r)
{
	return atomic_exchange(&r->cancelled, false);
}

/* Lists the readers and asks for the state of each, without waiting. */
static int
reader_look(struct card_reader *r)
{
	int o = reader_list(r);
	if (o != 0)
		return o;
	LONG e = SCardGetStatusChange(r->ctx, 0, r->states, r->n);
	return e == SCARD_E_TIMEOUT ? 0 : reader_outcome(e);
}

static DWORD
reader_count(const struct card_reader *r, DWORD flag)
{
	DWORD n = 0;
	for (DWORD i = 0; i < r->n; i++)
		n += (r->states[i].dwEventState & flag) != 0;
	return n;
}

/* What the states say to @want: 0, an outcome, or -1 to go on waiting. */
static int
reader_judge(const struct card_reader *r, enum card_want want)
{
	DWORD cards = reader_count(r, SCARD_STATE_PRESENT);
	if (want == CARD_WANT_READER)
		return r->n > 0 ? 0 : -1;
	if (want == CARD_WANT_EMPTY)
		return cards == 0 ? 0 : -1;
	if (cards > 1)
		return CARD_E_TWO_CARDS;
	if (reader_count(r, SCARD_STATE_MUTE) > 0)
		return CARD_E_READER;
	return cards == 1 ? 0 : -1;
}

/* Until something changes, a slice of time is over, or somebody cancels. */
static int
reader_sleep(struct card_reader *r, int64_t left_ms)
{
	int64_t ms = left_ms < 0 || left_ms > READER_WAIT_SLICE_MS ? READER_WAIT_SLICE_MS : left_ms;
	for (DWORD i = 0; i <= r->n; i++)
		r->states[i].dwCurrentState = r->states[i].dwEventState;
	int o = reader_outcome(SCardGetStatusChange(r->ctx, (DWORD)ms, r->states, r->n + 1));
	if (o == CARD_E_NO_READER) /* one went away in between: look again */
		return 0;
	return o;
}

int
card_reader_wait(struct card_reader *r, enum card_want want, int64_t timeout_ms, struct err *err)
{
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	int o = reader_context(r, err);
	while (o == 0) {
		if (reader_take_cancel(r))
			return CARD_E_CANCELLED;
		o = reader_look(r);
		if (o == CARD_E_NO_READER && want == CARD_WANT_READER)
			o = 0;
		if (o != 0)
			break;
		o = reader_judge(r, want);
		if (o >= 0)
			break;
		int64_t left_ms = timeout_ms < 0 ? -1 : until_ms - clock_mono_ms();
		if (timeout_ms >= 0 && left_ms <= 0)
			return CARD_E_TIMEOUT;
		o = reader_sleep(r, left_ms);
		if (o == CARD_E_TIMEOUT || o == CARD_E_CANCELLED)
			o = 0; /* of the slice; ours and the flag are looked at above */
	}
	if (o == CARD_E_READER)
		reader_drop_context(r);
	return err_trace(err, o, "reader");
}

void
card_reader_cancel(struct card_reader *r)
{
	atomic_store(&r->cancelled, true);
	if (r->has_ctx)
		(void)SCardCancel(r->ctx);
}

static int
reader_transmit(void *self, const uint8_t *cmd, size_t cmd_bytes, uint8_t *answer, size_t room,
    size_t *ret_bytes)
{
	struct card_reader *r = self;
	DWORD got = (DWORD)room;
	const SCARD_IO_REQUEST *pci =
	    r->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
	if (!r->connected)
		return CARD_E_REMOVED;
	LONG e = SCardTransmit(r->card, pci, cmd, (DWORD)cmd_bytes, NULL, answer, &got);
	if (e != SCARD_S_SUCCESS)
		return reader_outcome(e) == CARD_E_REMOVED ? CARD_E_REMOVED : CARD_E_READER;
	*ret_bytes = got;
	return 0;
}

static void
reader_reset(void *self)
{
	struct card_reader *r = self;
	if (r->connected)
		(void)SCardReconnect(r->card, SCARD_SHARE_EXCLUSIVE,
		    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &r->protocol);
}

static const char *
reader_with_card(const struct card_reader *r)
{
	for (DWORD i = 0; i < r->n; i++)
		if (r->states[i].dwEventState & SCARD_STATE_PRESENT)
			return r->states[i].szReader;
	return NULL;
}

int
card_reader_connect(struct card_reader *r, struct card_io *ret, struct err *err)
{
	card_reader_disconnect(r);
	int o = reader_context(r, err);
	if (o == 0)
		o = reader_look(r);
	if (o != 0)
		return err_trace(err, o, "reader");
	o = reader_judge(r, CARD_WANT_CARD);
	if (o != 0)
		return o < 0 ? CARD_E_NO_CARD : o;
	o = reader_outcome(SCardConnect(r->ctx, reader_with_card(r), SCARD_SHARE_EXCLUSIVE,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &r->card, &r->protocol));
	if (o != 0)
		return o;
	r->connected = true;
	*ret = (struct card_io){ .self = r, .transmit = reader_transmit, .reset = reader_reset };
	return 0;
}

void
card_reader_disconnect(struct card_reader *r)
{
	if (r->connected)
		(void)SCardDisconnect(r->card, SCARD_RESET_CARD);
	r->connected = false;
}

void
card_reader_free(struct card_reader *r)
{
	if (r == NULL)
		return;
	card_reader_disconnect(r);
	reader_drop_context(r);
	mem_free(r);
}

int
card_reader_open(const char *name, struct card_reader **ret, struct err *err)
{
	if (name != NULL && strlen(name) >= MAX_READERNAME)
		return err_raise(err, FAULT_CONFIG, "reader name's length", (long)strlen(name));
	struct card_reader *r = mem_zero(sizeof(*r));
	if (name != NULL)
		memcpy(r->wanted, name, strlen(name));
	int o = reader_context(r, err);
	if (o != 0) {
		reader_drop_context(r);
		mem_free(r);
		return err_trace(err, o, "reader");
	}
	*ret = r;
	return 0;
}
