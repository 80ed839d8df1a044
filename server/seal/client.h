/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/client - asking kofu-seal. Each call makes a connection of its own, so
 * any thread may call; @socket_path is kofu-seal's socket. A call that does
 * not get its answer in time gives FAULT_TIMEOUT and the connection is closed:
 * nothing of the answer is used. Every call may also return
 * FAULT_UNAVAILABLE (nobody listens, or refused by uid) and FAULT_INTERNAL.
 */
#pragma once
#include "domain/keydir.h"
#include "server/seal/seal.h"

/* A key of the municipality; wipe it when the vault has it. 0, SEAL_E_NO_KEY,
 * FAULT_INTEGRITY (not wrapped by this token for this municipality, use and generation). */
MUST_USE int seal_unwrap(const char *socket_path, struct muni_code muni, const struct seal_key *k,
    uint8_t dek[SEAL_KEY_BYTES], struct err *err);
/* The same key, wrapped under the newest wrapping key. As seal_unwrap(). */
MUST_USE int seal_rewrap(
    const char *socket_path, struct muni_code muni, struct seal_key *k, struct err *err);
/* @dek, or (NULL) a fresh key that kofu-seal draws, wrapped for k->use and k->generation. 0 or
 * SEAL_E_NO_KEY. */
MUST_USE int seal_wrap(const char *socket_path, struct muni_code muni,
    const uint8_t dek[SEAL_KEY_BYTES], struct seal_key *k, struct err *err);
/* The municipality's key directory. 0, SEAL_E_NO_KEY, FAULT_INTEGRITY or _BAD_INPUT (what lies
 * there is none). */
MUST_USE int seal_keys(
    const char *socket_path, struct muni_code muni, struct keydir *ret, struct err *err);
/*
 * Where the audit's chain stands, signed by the municipality's key with kofu-seal's own
 * time: a JWS (typ kofu-audit) of {"v":1,"muni":…,"seq":N,"head":<64 hex>,"time_ms":N} in
 * the arena. 0 or SEAL_E_NO_KEY.
 */
MUST_USE int seal_checkpoint(const char *socket_path, struct arena *a, struct muni_code muni,
    int64_t seq, const uint8_t head[SEAL_HEAD_BYTES], const char **ret, struct err *err);
/*
 * Which kofu-seal answers: its build into @build, and the digest of what decides in its
 * configuration (server/confdigest.h). 0 or SEAL_E_NO_KEY.
 */
MUST_USE int seal_about(const char *socket_path, struct muni_code muni,
    char build[SEAL_BUILD_MAX + 1], uint8_t conf[SEAL_CONF_BYTES], struct err *err);
/* Checks everything again, makes back sides, manifest and papers. 0, SEAL_E_*,
 * FAULT_BAD_INPUT, FAULT_TIMEOUT after @timeout_ms. */
MUST_USE int seal_papers(const char *socket_path, struct arena *a, const struct seal_ask *q,
    int timeout_ms, struct seal_answer *ret, struct err *err);
