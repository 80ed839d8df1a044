/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/kiosk_conf.h"

#include "base/text.h"
#include "conf/conf.h"
#include "wire/transcript.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct kiosk_conf, field), min, max, def, help        \
	}
static const struct conf_row rows[] = {
	ROW("kiosk", "id", CONF_TEXT, id, 1, TRANSCRIPT_MAX_ID, NULL,
	    "name of this kiosk, as in its certificate"),
	ROW("kiosk", "port", CONF_INT, port, 0, 65535, "8701",
	    "port of pages and API on 127.0.0.1, 0 = any free one"),
	ROW("kiosk", "journal", CONF_PATH, journal, 0, 0, NULL,
	    "folder that keeps what a loss of power must not take"),
	ROW("kiosk", "token", CONF_PATH, token, 0, 0, NULL,
	    "file that gets the token of pages and API at each start"),
	ROW("kiosk", "help_phone", CONF_TEXT, help_phone, 1, 30, "",
	    "telephone of the kiosk's operator, shown with errors"),
	ROW("pinpad", "shuffle", CONF_BOOL, pinpad_shuffle, 0, 0, "no",
	    "another order of the digits at each entry"),
	ROW("center", "url", CONF_TEXT, center_url, 9, 150, NULL, "the center"),
	ROW("center", "url2", CONF_TEXT, center_url2, 9, 150, "",
	    "asked when the first does not answer"),
	ROW("center", "cert", CONF_PATH, cert, 0, 0, NULL, "TLS certificate of this kiosk"),
	ROW("center", "key", CONF_PATH, key, 0, 0, NULL, "its private key"),
	ROW("center", "ca", CONF_PATH, ca, 0, 0, NULL, "CA of the center's certificate"),
	ROW("card", "reader", CONF_TEXT, reader, 1, 100, "",
	    "name of the card reader or its beginning; none = any"),
	ROW("card", "telephones", CONF_BOOL, telephones, 0, 0, "yes",
	    "whether the certificate in a telephone is taken"),
	ROW("printer", "uri", CONF_TEXT, printer, 6, 190, NULL, "ipp:// or ipps:// of the printer"),
	ROW("printer", "pin", CONF_TEXT, printer_pin, 64, 64, "",
	    "SHA-256 of the printer's certificate, for ipps"),
	ROW("voice", "program", CONF_PATH, voice_program, 0, 0, "/usr/bin/espeak-ng",
	    "espeak-ng; without it only recordings are heard"),
	ROW("voice", "recordings", CONF_PATH, recordings, 0, 0, "",
	    "folder of recorded phrases, LANG/KEY.wav"),
	ROW("till", "socket", CONF_PATH, till, 0, 0, NULL, "Unix socket of the payment driver"),
};

static bool
may(const char *path, int how, const char *what)
{
	if (access(path, how) == 0)
		return true;
	fprintf(stderr, "kofu-kiosk: %s: cannot use this %s\n", path, what);
	return false;
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool
wrong(const char *what)
{
	fprintf(stderr, "kofu-kiosk: %s\n", what);
	return false;
}

/* What the table of keys cannot say. */
static bool
conf_makes_sense(const struct kiosk_conf *c)
{
	uint8_t pin[32];
	bool ipps = begins(c->printer, "ipps://");
	if (!begins(c->center_url, "https://") ||
	    (c->center_url2 != NULL && !begins(c->center_url2, "https://")))
		return wrong("center: url and url2 begin with https://");
	if (!ipps && !begins(c->printer, "ipp://"))
		return wrong("printer: uri begins with ipp:// or ipps://");
	if (ipps != (c->printer_pin != NULL))
		return wrong("printer: pin belongs to ipps:// and to nothing else");
	if (ipps && !text_hex_parse(c->printer_pin, strlen(c->printer_pin), pin, sizeof(pin)))
		return wrong("printer: pin is 64 hex digits");
	return true;
}

int
kiosk_conf_load(struct arena *a, const char *path, struct kiosk_conf *ret, struct err *err)
{
	struct kiosk_conf c = { 0 };
	int r = conf_load(a, path, rows, N_ELEMENTS(rows), &c, err);
	if (r)
		return err_fold(err, r, "kiosk configuration");
	if (!conf_makes_sense(&c))
		return err_raise(err, FAULT_CONFIG, "sense of the configuration", 0);
	if (!may(c.cert, R_OK, "certificate") || !may(c.key, R_OK, "key") ||
	    !may(c.ca, R_OK, "CA") || !may(c.journal, R_OK | W_OK | X_OK, "journal folder"))
		return err_raise(err, FAULT_CONFIG, "file of the configuration", 0);
	*ret = c;
	return 0;
}
