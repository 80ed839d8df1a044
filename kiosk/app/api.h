/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api - the kiosk's pages and its local API (kiosk/app/openapi.yaml) on 127.0.0.1.
 * Whoever may read the token's file may use it: each call of /api carries the
 * token in the header Kofu-Token. The page gets it in the fragment of its
 * address, which no browser sends anywhere; a page of another origin cannot set
 * the header.
 */
#pragma once
#include "http/pages.h"
#include "http/server.h"
#include "kiosk/app/engine.h"
#include "kiosk/app/texts.h"
#include "kiosk/voice/voice.h"

enum { API_TOKEN_CHARS = 64, API_BODY_BYTES = 4096, API_POLL_MS = 10000, API_MAX_POLLS = 4 };

/* Outcomes. */
enum {
	API_E_NO_TOKEN = 2171,
	API_E_NO_PAGE = 2172,
	API_E_NO_EVENT = 2173, /* no such event */
	API_E_NO_VOICE = 2174  /* no such phrase or language, or no voice for it */
};

struct api {
	struct engine *engine;
	const struct http_page *pages;
	const struct texts_set *texts; /* NULL = nothing is read aloud */
	struct voice *voice;
	char token[API_TOKEN_CHARS + 1];
	_Atomic int polls; /* long polls under way */
};
/* Makes the token and writes it to @path, mode 0600. 0 or FAULT_UNAVAILABLE. */
MUST_USE int api_token_write(struct api *api, const char *path, struct err *err);
/* Starts the server; @port 0 takes a free one. */
MUST_USE int api_start(struct api *api, uint16_t port, struct http_server **ret, struct err *err);
