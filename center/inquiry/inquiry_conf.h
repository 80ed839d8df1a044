/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry_conf - the configuration file of kofu-inquiry. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "pki/token.h"
#include <stdbool.h>
#include <stdint.h>

enum { INQUIRY_MAX_MUNIS = 2000 };
struct inquiry_muni_conf { /* "[municipality 991015]" */
	const char *code;
	const char *keys; /* its key directory, as kofu-seal writes it */
	const char *root; /* the public key that this is signed by */
};
struct inquiry_conf {
	const char *address;
	int64_t port;            /* 0 = any free one */
	int64_t ops_port;        /* /metrics and its like on loopback; 0 = none */
	const char *host;        /* Host header the pages are served under; NULL = not checked */
	const char *database;    /* conninfo of the login role kofu_inquiry */
	const char *admin;       /* conninfo of the owner, for the key commands; NULL = none */
	bool open;               /* inquiries without a key are answered */
	int64_t open_per_minute; /* all of them together */
	const char *token_module, *token_label, *token_pin;
	const char *key_label; /* the newest inquiry key in the token */
	const char *key_file;  /* where init writes its public point; beside it, .book: all keys */
	int64_t acceptance_days; /* a key is kept so long after the next one was made */
	const struct inquiry_muni_conf *munis;
	unsigned n_munis;
};
/* Returns 0 or FAULT_CONFIG, after telling the operator on stderr. */
MUST_USE int inquiry_conf_load(
    struct arena *a, const char *path, struct inquiry_conf *ret, struct err *err);
