/* SPDX-License-Identifier: Apache-2.0 */
/*
 * center_world - a center with everything around it, in one process: a JPKI with
 * its status service, two municipalities' servers, two kiosks, a database. All
 * connections are real (mutual TLS on 127.0.0.1); what the municipalities answer
 * can be bent before it is signed.
 */
#pragma once
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "center/router/router.h"
#include "domain/announce.h"
#include "http/client.h"
#include "http/server.h"
#include "pki/jose.h"
#include "tests/db/dbtest.h"
#include "tests/unit/keydir_help.h"
#include "tests/world/jpki/jpki.h"
#include "wire/js.h"

#include <stdatomic.h>

#define CITY_A "991015"
#define CITY_B "131016"
enum { N_CITIES = 2, N_KIOSKS = 2 };

/* A municipality's server, as PROTOCOL.md has it but for what it is told to do wrong. */
struct city {
	const char *code;
	struct key *key, *root;
	struct keydir keys; /* as it was written */
	struct http_server *server;
	const char *name; /* in its certificate */
	uint16_t port;
	pthread_mutex_t lock;
	/* what the next answers are to be */
	int refuse; /* a ROUTER_E_*: its code is answered */
	int slow_ms;
	const char *text;       /* this, to everything */
	const char *order_text; /* this, to an order */
	bool break_signature;
	void (*bend)(json_t *manifest);
	struct key *other_key; /* signs instead */
	const char *papers;    /* NULL = some */
	bool forget;           /* a new answer to an order that was answered */
	const char *number;    /* NULL = the next one */
	struct announce node;  /* what it announces; an order that names another is refused */
	const char *node_text; /* this instead */
	/* what came */
	atomic_uint n_offers, n_orders, n_releases, n_outcomes, n_asked;
	char last_answer[65536]; /* of one order, by its id */
	uint8_t last_order[ORDER_ID_BYTES];
	unsigned n_numbers;
};

struct world {
	struct arena *arena;
	char dir[64];
	char db[DBTEST_CONNINFO_BYTES];
	struct jpki_ca cas[JPKI_N_KEYS];
	struct jpki_certs certs;
	enum jpki_fault fault;
	struct http_server *ocsp;
	struct city city[N_CITIES];
	struct center_conf conf;
	struct router router;
	struct http_server *center;
	struct http_client *kiosk[N_KIOSKS];
	struct http_client *asp[N_CITIES]; /* server role, to the center */
	struct http_client *cut_kiosk;     /* in the configuration, not enabled */
	const char *netca;
	const char *program; /* kofu-center */
	const char *openapi;
};
extern struct world w;
/* @netca: the program world-netca. */
void world_init(const char *netca);
void world_done(void);
/* Every city answers well again; stops are forgotten. */
void world_calm(void);
/* A new server of that city on the port of the one that was stopped. */
void world_city_restart(struct city *c);
/* Lists what it announces now, as two people would. */
void world_city_list(const struct city *c);
/* Writes c->keys, signed by c->root, where the center looks. */
void world_city_keys(struct city *c);
/* A path in the world's folder. */
const char *world_path(const char *name);

/* A card: certificate and key, and its line in the JPKI. */
struct card {
	uint8_t *der;
	size_t der_bytes;
	EVP_PKEY *key;
	uint8_t issuer[32], serial[CERT_MAX_SERIAL];
	size_t serial_bytes;
	uint32_t number;
};
/* A new authentication certificate of that hierarchy and generation. */
struct card card_make(uint32_t serial, enum jpki_hier hier, int gen, int64_t until_s);
void card_free(struct card *c);
/* In the directory, without a push. */
void card_claim(const struct card *c, const char *muni);
void card_set_state(const struct card *c, enum jpki_state state);

/* One resident at one kiosk. */
struct play {
	unsigned at; /* which kiosk */
	const struct card *card;
	struct key *key;
	uint8_t nonce[32];
	int64_t time_ms;
	/* what the transcript says; NULL = the truth */
	const char *center, *kiosk;
	bool other_hash;
	uint8_t transcript[TRANSCRIPT_MAX_BYTES];
	size_t transcript_bytes;
	uint8_t th[32];
	uint8_t session[16];
	struct order order;
	char manifest[32768]; /* JWS */
	struct http_reply reply;
	struct arena *arena;
};
void play_begin(struct play *p, unsigned at, const struct card *card);
void play_end(struct play *p);
/* Each returns the status; p->reply has the rest. */
unsigned play_nonce(struct play *p);
/* Makes key and transcript, lets the card sign. */
unsigned play_session(struct play *p);
/* The same transcript again, from a kiosk. */
unsigned play_session_again(struct play *p, unsigned at);
/* An order of one 住民票 for the session; fills p->order first when @fresh. */
unsigned play_order(struct play *p, bool fresh);
/* That payload, signed by @key. */
unsigned play_order_text(struct play *p, const char *payload, struct key *key);
unsigned play_release(struct play *p);
unsigned play_release_text(struct play *p, const char *payload);
/* "printed" or "void" for its only copy. */
unsigned play_outcome(struct play *p, const char *state, const char *reason);
unsigned play_outcome_text(struct play *p, const char *payload);
/* Takes all numbers of the order back, without naming them. */
unsigned play_withdraw(struct play *p, const char *reason);
/* nonce and session, which must succeed. */
void play_open(struct play *p, unsigned at, const struct card *card);
/* A request of a client; the reply lives in @a. */
unsigned ask(struct http_client *c, struct arena *a, const char *method, const char *path,
    const char *body, struct http_reply *ret);
/* The first copy's number of p->manifest. */
const char *play_number(const struct play *p);
/* SQL in the center's database. */
const char *sql(const char *text);

#define assert_code(p, want_status, want_code)                                                     \
	do {                                                                                       \
		assert_string_equal((p)->reply.code, (want_code));                                 \
		assert_int_equal((p)->reply.status, (want_status));                                \
	} while (0)
