/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - from scans to answers: opens each back side with the inquiry key and
 * the code of its front, verifies the municipality's signature, compares the
 * front. Keeps nothing of a paper: everything lives in the caller's arena.
 */
#pragma once
#include "backside/envelope.h"
#include "backside/payload.h"
#include "center/inquiry/decoder.h"
#include "center/offline/opened.h"
#include "pki/key.h"

enum check_verdict {
	CHECK_MATCH = 1,     /* 一致 */
	CHECK_ALTERED = 2,   /* 改ざんの疑い */
	CHECK_UNDECIDED = 3, /* 判定不能 */
};
/* Why; each has a stable code and a sentence (check_reason_info). */
enum check_reason {
	CHECK_R_SAME = 1,      /* back opened, signature right, front compared and the same */
	CHECK_R_FRONT_DIFFERS, /* the front is not what was issued */
	CHECK_R_FRONT_OTHER, /* the front belongs to this back by its code, but shows something else
			      */
	CHECK_R_FORGED,      /* the back opens, but no municipality signed it */
	CHECK_R_FRONT_MISSING, /* only the back was given: compare by eye */
	CHECK_R_CODE_MISSING,  /* neither a front with its QR nor a typed code */
	CHECK_R_CODE_WRONG,    /* the code does not open this back */
	CHECK_R_KEY_UNKNOWN,   /* made for another site or signed by a key we do not know */
	CHECK_R_KEY_REVOKED,   /* the municipality revoked the key that signed it */
	CHECK_R_KEY_NOT_THEN,  /* signed before its key was announced or after it was retired */
	CHECK_R_KEY_DESTROYED, /* its acceptance period is over: the key that opens it is gone */
	CHECK_R_FOREIGN,       /* a page code, but no paper of this system */
	CHECK_R_BACK_DAMAGED,  /* too much of the back is lost */
	CHECK_R_BACK_MIRRORED, /* the scan is a mirror image */
	CHECK_R_BACK_TWO,      /* two backs in one picture: whose front it is nobody could say */
	CHECK_R_FRONT_FAINT,   /* the front is too faint to judge */
	CHECK_R_FRONT_COARSE,  /* the scan's noise may hide or feign a stroke */
	CHECK_R_FRONT_CUT,     /* nothing differs, but part of the front is not on the scan */
	CHECK_R_FRONT_MARKED,  /* nothing is missing, but a stamp reaches into the form */
	CHECK_R_BACK_MISSING,  /* a front without its back, or no page of ours at all */
	CHECK_R_PAGES_MISSING, /* as issued, but other pages of the certificate were not given */
	CHECK_N_REASONS
};
struct check_reason_info {
	const char *code; /* "front-differs" */
	const char *ja;   /* what to tell the clerk */
	enum check_verdict verdict;
};
const struct check_reason_info *check_reason_info(enum check_reason r);
const char *check_verdict_code(enum check_verdict v); /* "match", "altered", "undecided" */
const char *check_verdict_ja(enum check_verdict v);

/* One key of the site or of a municipality. */
struct check_keys {
	const struct key_agreer *own; /* the inquiry keys, newest first */
	unsigned n_own;
	const struct check_signer {
		struct muni_code muni;
		struct keydir_key key;
	} * signers;
	unsigned n_signers;
	const struct key_id *destroyed; /* inquiry keys of earlier years */
	unsigned n_destroyed;
};

struct check_field {
	const char *key, *value;
	struct payload_box box;
	bool compared, differs;
};
/* What is said of one page. Texts live in the arena of check_run(). */
struct check_paper {
	enum check_reason reason;
	bool opened; /* what follows is filled */
	struct envelope_header header;
	struct payload record;
	struct opened proof;  /* what the municipality signed, to be given out */
	const uint8_t *front; /* the recovered front, FRONT_ROW_BYTES a row */
	struct check_field *fields;
	unsigned n_differing;
	unsigned n_differing_windows;
	const char *code;          /* that opened it */
	int back_page, front_page; /* index in the upload's pages, -1 = none */
	struct decoder_verdict verdict;
	struct backside_info info;
};
enum { CHECK_MAX_PAPERS = LOAD_MAX_PAGES, CHECK_MAX_CODES = 16 };
struct check_result {
	struct check_paper paper[CHECK_MAX_PAPERS];
	unsigned n;
};

/*
 * @codes: front codes typed in, as printed (spaces, hyphens and lower case are
 * fine). Returns 0, DECODER_E_DIED or a fault.
 */
MUST_USE int check_run(struct decoder_job *job, struct arena *a, const struct check_keys *keys,
    const struct decoder_pages *pages, const char *const *codes, unsigned n_codes,
    struct check_result *ret, struct err *err);
/* 16 Crockford letters out of what was typed: O is 0, I and L are 1. False when it is none. */
bool check_code_normalise(const char *typed, char ret[17]);
