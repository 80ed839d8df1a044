/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/worker - one process of kofu-seal: one token session, one request at a
 * time. Everything a request makes lies in one arena, wiped after the answer.
 */
#pragma once
#include "pki/cert.h"
#include "server/render/render.h"
#include "server/seal/conf.h"
#include "server/seal/seal.h"
#include "server/seal/signers.h"
#include <stdbool.h>

enum {
	SEAL_WORKER_ARENA_BYTES = 512 * 1024 * 1024,
	SEAL_RECV_MS = 5000,
	SEAL_SEND_MS = 5000,
	SEAL_MAX_VAULTS = SEAL_MAX_MUNIS
};

/* A municipality this worker has worked for. */
struct seal_muni {
	const struct seal_muni_conf *conf;
	struct signers *signers;             /* NULL until it is asked to sign */
	struct seal_key keys[SEAL_MAX_KEYS]; /* what vault was made of */
	unsigned n_keys;                     /* 0: there is none */
	struct vault vault;
	bool has_about; /* digest of the configuration, asked for once */
	uint8_t about[SEAL_CONF_BYTES];
	/* The newest imprint that its papers bore: none before it comes back (papers.c). */
	int64_t imprint_number, imprint_holds_ms;
};
struct seal_worker {
	const struct seal_conf *conf;
	struct token *token;
	struct cert_pins *pins;
	struct key_point inquiry; /* the newest: looked at with each order */
	struct file_stamp inquiry_stamp;
	struct render_fonts *fonts;             /* the opener's: opened once, before the fork */
	struct drawn_glyphs *glyphs;
	struct seal_muni munis[SEAL_MAX_MUNIS]; /* as in conf */
};

/* Opens token and key files: after fork. @fonts outlive it. 0 or a fault. */
MUST_USE int seal_worker_open(
    struct seal_worker *w, const struct seal_conf *c, struct render_fonts *fonts, struct err *err);
void seal_worker_close(struct seal_worker *w);
/* One request's bytes to an answer's bytes; always makes an answer. */
void seal_worker_answer(struct seal_worker *w, const struct buf *in, struct buf *out);
/* Accepts on @listening for ever. Returns only when accepting fails. */
void seal_worker_serve(struct seal_worker *w, int listening);

/* 0 or SEAL_E_NO_KEY: not of the configuration. */
MUST_USE int seal_worker_muni(struct seal_worker *w, struct muni_code muni, struct seal_muni **ret);
/* What signs for it, among the keys that are known; see signers_take(). */
MUST_USE int seal_worker_signer(struct seal_worker *w, struct seal_muni *m,
    const struct key_id *known, unsigned n_known, struct key_signer *ret, struct err *err);
/* The inquiry's key again, when its file is another one. 0 or a fault; the one before stays. */
MUST_USE int seal_worker_inquiry(struct seal_worker *w, struct err *err);
/* The vault of an order's wrapped keys, remembered. 0 or FAULT_INTEGRITY or the token's. */
MUST_USE int seal_worker_vault(
    struct seal_worker *w, struct seal_muni *m, const struct seal_ask *q, struct err *err);

/* The answer to SEAL_OP_PAPERS. @now_ms: the instant. 0, SEAL_E_* or a fault. */
MUST_USE int papers_make(struct seal_worker *w, struct arena *a, const struct seal_ask *q,
    int64_t now_ms, struct seal_answer *ret, struct err *err);
