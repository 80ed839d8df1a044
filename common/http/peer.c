/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "http/http_private.h"

#include <gnutls/x509.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { PEER_URN_MAX_BYTES = 256, PEER_FAREWELL_MS = 500 };
#define PEER_URN_PREFIX "urn:kofu:"

static size_t
peer_span(const char *s, size_t bytes, const char *good)
{
	size_t n = 0;
	while (n < bytes && s[n] != '\0' && strchr(good, s[n]) != NULL)
		n++;
	return n;
}

int
http_peer_parse(const char *urn, size_t bytes, struct http_peer *ret, struct err *err)
{
	const size_t prefix = strlen(PEER_URN_PREFIX);
	struct http_peer peer = { .role = "" };
	if (bytes < prefix || memcmp(urn, PEER_URN_PREFIX, prefix) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "peer urn", 0);
	urn += prefix;
	bytes -= prefix;
	size_t role = peer_span(urn, bytes, "abcdefghijklmnopqrstuvwxyz");
	if (role == 0 || role >= sizeof(peer.role) || role == bytes || urn[role] != ':')
		return err_raise(err, FAULT_BAD_INPUT, "peer role", (long)role);
	size_t name = bytes - role - 1;
	const char *at = urn + role + 1;
	if (name == 0 || name > HTTP_MAX_ID ||
	    peer_span(at, name,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.") != name)
		return err_raise(err, FAULT_BAD_INPUT, "peer name", (long)name);
	memcpy(peer.role, urn, role);
	memcpy(peer.name, at, name);
	*ret = peer;
	return 0;
}

/*
 * libmicrohttpd hangs up on a failed handshake without a word, and a reset
 * would overtake an alert: say why, close our side, and let the peer read it.
 */
static void
peer_turn_away(gnutls_session_t session, gnutls_alert_description_t why)
{
	char sink[1024];
	int fd = gnutls_transport_get_int(session);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t until_ms = clock_mono_ms() + PEER_FAREWELL_MS;
	if (gnutls_alert_send(session, GNUTLS_AL_FATAL, why) != 0 || shutdown(fd, SHUT_WR) != 0)
		return;
	for (int64_t left; (left = until_ms - clock_mono_ms()) > 0;)
		if (poll(&p, 1, (int)left) <= 0 || recv(fd, sink, sizeof(sink), MSG_DONTWAIT) <= 0)
			return;
}

/* The handshake fails without a certificate, or for one of another CA or use, or past its time. */
static int
peer_verify(gnutls_session_t session)
{
	char oid[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st use = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)oid };
	unsigned status = 0;
	int r = gnutls_certificate_verify_peers(session, &use, 1, &status);
	if (r == 0 && status == 0)
		return 0;
	LOG(LOG_LVL_WARN, "http.peer-refused", LOG_F("gnutls", r), LOG_F("status", status));
	peer_turn_away(session, r < 0 ? GNUTLS_A_CERTIFICATE_REQUIRED : GNUTLS_A_BAD_CERTIFICATE);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

void
http_peer_require(gnutls_session_t session)
{
	/* Not GNUTLS_CERT_REQUIRE: that fails without asking peer_verify(), and so in silence. */
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(session, peer_verify);
}

/* The one urn:kofu: among the alternative names; two are refused. */
static int
peer_of_cert(gnutls_x509_crt_t crt, struct http_peer *ret, struct err *err)
{
	char san[PEER_URN_MAX_BYTES];
	unsigned found = 0;
	for (unsigned i = 0;; i++) {
		size_t bytes = sizeof(san);
		int kind = gnutls_x509_crt_get_subject_alt_name(crt, i, san, &bytes, NULL);
		if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (kind < 0)
			return err_raise(err, FAULT_INTEGRITY, "peer names", kind);
		if (kind != GNUTLS_SAN_URI)
			continue;
		if (http_peer_parse(san, bytes, ret, err) != 0)
			return err_raise(err, FAULT_INTEGRITY, "peer name is none of ours", 0);
		found++;
	}
	if (found != 1)
		return err_raise(err, FAULT_INTEGRITY, "peer names", (long)found);
	return 0;
}

int
http_peer_read(
    gnutls_session_t session, struct http_peer *ret, int64_t *ret_until_ms, struct err *err)
{
	unsigned n = 0;
	gnutls_x509_crt_t crt;
	struct http_peer peer;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
	if (chain == NULL || n == 0)
		return err_raise(err, FAULT_INTEGRITY, "peer without certificate", 0);
	/* Once more: that the handshake was told to verify is not seen from here. */
	if (peer_verify(session) != 0)
		return err_raise(err, FAULT_INTEGRITY, "peer certificate", 0);
	if (gnutls_x509_crt_init(&crt) != 0)
		return err_raise(err, FAULT_NOMEM, "peer certificate", 0);
	int r = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) == 0
	    ? peer_of_cert(crt, &peer, err)
	    : err_raise(err, FAULT_INTEGRITY, "peer certificate", 0);
	time_t until = gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	if (r)
		return err_trace(err, r, "peer");
	*ret = peer;
	*ret_until_ms = (int64_t)until * 1000;
	return 0;
}
