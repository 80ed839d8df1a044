/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - may this be issued, and whose rows stand on it? No I/O: the view is
 * one snapshot of the replica, the instant is handed in. Issuing asks it for
 * the whole order, the committing transaction and the release compare a fresh
 * view with what was printed. Everything that is not positively in order is
 * refused (design section 5, I6).
 */
#pragma once
#include "base/err.h"
#include "domain/order.h"
#include "domain/profile.h"
#include "domain/resident.h"
#include "domain/terms.h"
#include <stdbool.h>
#include <stdint.h>

/* Outcomes, in the order they are looked at. */
enum {
	ISSUE_E_STOPPED = 1201,       /* the municipality, or this kind of it, was stopped */
	ISSUE_E_STALE = 1202,         /* no lease, an old one, or the agent is ahead of us */
	ISSUE_E_NOT_OFFERED = 1203,   /* kind, scope or option that is not offered here */
	ISSUE_E_CLOSED = 1204,        /* outside the hours */
	ISSUE_E_UNKNOWN_CARD = 1205,  /* no active holder */
	ISSUE_E_NOT_AVAILABLE = 1206, /* a person, the household or the seal; never which or why */
	ISSUE_E_CHANGED = 1207,       /* what was printed is not the newest any more */
	ISSUE_E_FEE = 1208, /* the resident agreed to another fee: looked at after the hours */
};

enum {
	ISSUE_LEASE_MS = 30000,
	ISSUE_CLOCK_AHEAD_MS = 30000, /* a beat further in our future is no lease */
	ISSUE_MAX_HOUSEHOLD = 64,     /* more members than that: go to the window */
};

/* What a person's row says; blocks are those in force, own and the household's apart. */
struct issue_person {
	struct person_ref ref;
	uint8_t household[16];
	int64_t narabi;
	int64_t state; /* enum resident_state */
	int64_t rireki_no;
	int64_t version;
	bool parked;
	unsigned blocked;      /* bits 1 << enum doc_kind */
	int64_t row_rireki_no; /* newest resident_row, 0 = none */
	int64_t row_state;
};
struct issue_view {
	const char *stopped;   /* NULL = serving */
	unsigned closed_kinds; /* bits 1 << enum doc_kind that the city stopped */
	/* Kiosks of its own that the city stopped, ",K0001,K0002,"; NULL = none. */
	const char *stopped_kiosks;
	struct terms terms; /* hours, closures and fees as the city set them */
	/* What self may have once more without fee: its allowance and the number it stands for. */
	struct issue_again {
		int64_t id; /* 0 = none */
		const char *number;
	} again[DOC_KIND_MAX + 1];
	bool has_lease;
	int64_t beat_ms;
	int64_t lease_seq, seq;
	bool card_known;
	struct person_ref self;
	unsigned household_blocked;
	unsigned n_persons; /* all of the household, removed ones too */
	struct issue_person persons[ISSUE_MAX_HOUSEHOLD];
	bool too_many;          /* the household has more than ISSUE_MAX_HOUSEHOLD */
	int64_t seal_rireki_no; /* newest seal_row of self, 0 = none */
	int64_t seal_state;     /* enum seal_state */
};

/* What will be printed. */
struct issue_choice {
	bool whole_household;
	unsigned n_persons;
	unsigned person[ORDER_MAX_PERSONS]; /* indices in the view, in printing order */
	unsigned self;                      /* index */
	bool with_seal;
};

/* 0, ISSUE_E_STOPPED or ISSUE_E_STALE: may this replica be asked at all? */
MUST_USE int issue_fresh(const struct issue_view *v, int64_t now_ms);
/* 0, or ISSUE_E_STOPPED: the city has stopped that kiosk of its own. */
MUST_USE int issue_kiosk(const struct issue_view *v, const char *kiosk);
/* The whole order. 0 or ISSUE_E_*; *ret untouched unless 0. */
MUST_USE int issue_decide(const struct issue_view *v, const struct order *o,
    const struct profile *p, int64_t now_ms, struct issue_choice *ret);
/* What a copy costs this person, and how many of it may be ordered at once for that. */
unsigned issue_fee_yen(
    const struct issue_view *v, const struct profile *p, enum doc_kind kind, unsigned *ret_copies);
/* Could this person have this kind at all, hours aside? For the offer: 0 or ISSUE_E_*. */
MUST_USE int issue_may_have(
    const struct issue_view *v, const struct profile *p, enum doc_kind kind);

/* Who was printed, in which version. */
struct issue_printed {
	struct person_ref ref;
	int64_t version;
};
/*
 * The same question under the row lock: @v is read fresh, @printed is what the
 * papers show; @whole_household demands that nobody joined. 0, ISSUE_E_STOPPED,
 * ISSUE_E_STALE or ISSUE_E_CHANGED.
 */
MUST_USE int issue_still(const struct issue_view *v, enum doc_kind kind, bool whole_household,
    const struct issue_printed *printed, unsigned n, int64_t now_ms);
