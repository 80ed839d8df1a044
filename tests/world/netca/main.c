/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-netca - the private network's CA: who may speak to whom over mutual TLS.
 *
 * A certificate's identity is a URI in its subjectAltName, urn:kofu:<role>:<name>,
 * and nothing else; the DNS name and the address are only there for the demo world,
 * in which every site is on this machine.
 */
#include "base/clock.h"
#include "tests/world/tool/tool.h"
#include "tests/world/tool/x509.h"

#include <getopt.h>
#include <string.h>

static const char USAGE[] =
    "usage: world-netca init DIR                       make the CA: DIR/ca.key, DIR/ca.crt\n"
    "       world-netca issue DIR ROLE NAME [--days N] [--expired]\n"
    "                                                  DIR/ROLE-NAME.key and .crt\n"
    "       world-netca key DIR NAME                   bare P-256 pair: DIR/NAME.key and .pub\n"
    "roles: center server agent kiosk inquiry terminal\n";

enum { NETCA_NAME_MAX = 64, NETCA_CA_DAYS = 3650, NETCA_LEAF_DAYS = 397 };
static const int64_t DAY_S = INT64_C(86400);

static bool
netca_is_role(const char *role)
{
	static const char *const roles[] = { "center", "server", "agent", "kiosk", "inquiry",
		"terminal" };
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		if (strcmp(role, roles[i]) == 0)
			return true;
	return false;
}

static void
netca_init(struct arena *a, const char *dir)
{
	static const char *const subject[] = { "C", "JP", "O", "KOFU-TEST", "CN",
		"Kofu test network CA", NULL };
	int64_t now_s = clock_now_ms() / 1000;
	tool_mkdir(dir);
	if (tool_exists(tool_path(a, dir, "ca.key")))
		tool_die("%s: there is a CA already", dir);
	EVP_PKEY *key = x509_key_p256();
	ASN1_INTEGER *serial = x509_serial_random();
	X509 *crt = x509_begin(&(struct x509_spec){ .subject = subject,
	    .key = key,
	    .serial = serial,
	    .not_before_s = now_s - DAY_S,
	    .not_after_s = now_s + NETCA_CA_DAYS * DAY_S });
	x509_ext(crt, NULL, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	x509_ext(crt, NULL, NID_key_usage, "critical,keyCertSign,cRLSign");
	x509_sign(crt, key);
	x509_key_write(tool_path(a, dir, "ca.key"), key);
	x509_write(tool_path(a, dir, "ca.crt"), crt);
	ASN1_INTEGER_free(serial);
	X509_free(crt);
	EVP_PKEY_free(key);
}

static void
netca_issue(struct arena *a, const char *dir, const char *role, const char *name, int64_t until_s)
{
	if (!netca_is_role(role))
		tool_die("no such role");
	if (!tool_is_name(name, NETCA_NAME_MAX))
		tool_die("a name is 1 to %d of A-Z a-z 0-9 - .", NETCA_NAME_MAX);
	const char *const subject[] = { "C", "JP", "O", "KOFU-TEST", "OU", role, "CN", name, NULL };
	const char *base = arena_printf(a, "%s/%s-%s", dir, role, name);
	X509 *ca = x509_read(tool_path(a, dir, "ca.crt"));
	EVP_PKEY *ca_key = x509_key_read(tool_path(a, dir, "ca.key"));
	EVP_PKEY *key = x509_key_p256();
	ASN1_INTEGER *serial = x509_serial_random();
	X509 *crt = x509_begin(&(struct x509_spec){ .subject = subject,
	    .issuer = ca,
	    .key = key,
	    .serial = serial,
	    .not_before_s = until_s - NETCA_LEAF_DAYS * DAY_S,
	    .not_after_s = until_s });
	x509_ext(crt, ca, NID_basic_constraints, "critical,CA:FALSE");
	x509_ext(crt, ca, NID_key_usage, "critical,digitalSignature");
	x509_ext(crt, ca, NID_ext_key_usage, "serverAuth,clientAuth");
	x509_ext(crt, ca, NID_subject_alt_name,
	    arena_printf(a, "URI:urn:kofu:%s:%s,DNS:localhost,IP:127.0.0.1", role, name));
	x509_sign(crt, ca_key);
	x509_key_write(arena_printf(a, "%s.key", base), key);
	x509_write(arena_printf(a, "%s.crt", base), crt);
	ASN1_INTEGER_free(serial);
	X509_free(crt);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

static void
netca_key(struct arena *a, const char *dir, const char *name)
{
	if (!tool_is_name(name, NETCA_NAME_MAX))
		tool_die("a name is 1 to %d of A-Z a-z 0-9 - .", NETCA_NAME_MAX);
	EVP_PKEY *key = x509_key_p256();
	tool_mkdir(dir);
	x509_key_write(arena_printf(a, "%s/%s.key", dir, name), key);
	x509_pub_write(arena_printf(a, "%s/%s.pub", dir, name), key);
	EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
	static const struct option opts[] = { { "days", 1, NULL, 'd' }, { "expired", 0, NULL, 'x' },
		{ NULL, 0, NULL, 0 } };
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	/* notBefore is a leaf's lifetime before this, so a leaf counts from a day ago. */
	int64_t now_s = clock_now_ms() / 1000;
	int64_t until_s = now_s + (NETCA_LEAF_DAYS - 1) * DAY_S;
	for (int c; (c = getopt_long(argc, argv, "", opts, NULL)) != -1;) {
		if (c == 'd')
			until_s =
			    now_s + tool_number(optarg, 1, NETCA_LEAF_DAYS - 1, "--days") * DAY_S;
		else if (c == 'x')
			until_s = now_s - DAY_S;
		else
			tool_usage(USAGE);
	}
	argc -= optind;
	argv += optind;
	if (argc == 2 && strcmp(argv[0], "init") == 0)
		netca_init(a, argv[1]);
	else if (argc == 4 && strcmp(argv[0], "issue") == 0)
		netca_issue(a, argv[1], argv[2], argv[3], until_s);
	else if (argc == 3 && strcmp(argv[0], "key") == 0)
		netca_key(a, argv[1], argv[2]);
	else
		tool_usage(USAGE);
	return 0;
}
