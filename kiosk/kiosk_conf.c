/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/kiosk_conf.h"

#include "base/text.h"
#include "conf/conf.h"
#include "domain/muni.h"
#include "domain/profile.h"
#include "wire/transcript.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROW(section, key, type, field, min, max, def, help)                                        \
	{                                                                                          \
		section, key, type, offsetof(struct kiosk_conf, field), min, max, def, help        \
	}
enum { WAITS_MIN_PERCENT = 10, WAITS_MAX_PERCENT = 1000, HALL_NAME_MAX = 60 };
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
	ROW("kiosk", "waits_percent", CONF_INT, waits_percent, WAITS_MIN_PERCENT, WAITS_MAX_PERCENT,
	    "100", "how long screens wait for the resident, of what they usually do"),
	ROW("hall", "muni", CONF_TEXT, hall_muni, 6, 6, "",
	    "a kiosk in a city hall: the only municipality it serves"),
	ROW("hall", "name", CONF_TEXT, hall_name, 1, HALL_NAME_MAX, "",
	    "its name, on the first screen"),
	ROW("hall", "phone", CONF_TEXT, hall_phone, 1, 30, "", "its window, shown out of hours"),
	ROW("hall", "open", CONF_TEXT, hall_open, 5, 5, "", "this kiosk's own hours: from"),
	ROW("hall", "close", CONF_TEXT, hall_close, 5, 5, "", "and until; 24:00 = midnight"),
	ROW("hall", "closed_year_end", CONF_BOOL, hall_year_end, 0, 0, "yes",
	    "closed from 12/29 to 1/3"),
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

/* All of it or nothing; a municipality that does not exist, hours that are none are mistakes. */
static bool
hall_make(struct kiosk_conf *c)
{
	struct engine_hall *h = &c->hall;
	bool any = c->hall_muni || c->hall_name || c->hall_phone || c->hall_open || c->hall_close;
	if (!any)
		return true;
	if (!c->hall_muni || !c->hall_name || !c->hall_phone || !c->hall_open || !c->hall_close)
		return wrong("hall: muni, name, phone, open and close belong together");
	if (!muni_parse(c->hall_muni, strlen(c->hall_muni), &h->muni))
		return wrong("hall: muni is no municipality's code");
	h->hours.closed_year_end = c->hall_year_end;
	if (!profile_hours_parse(c->hall_open, c->hall_close, &h->hours))
		return wrong("hall: open and close are a span of a day, 08:30 and 17:15");
	if (!text_is_clean_utf8(c->hall_name, strlen(c->hall_name)))
		return wrong("hall: name is not clean UTF-8");
	h->name = c->hall_name;
	h->phone = c->hall_phone;
	return true;
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
	if (!conf_makes_sense(&c) || !hall_make(&c))
		return err_raise(err, FAULT_CONFIG, "sense of the configuration", 0);
	if (!may(c.cert, R_OK, "certificate") || !may(c.key, R_OK, "key") ||
	    !may(c.ca, R_OK, "CA") || !may(c.journal, R_OK | W_OK | X_OK, "journal folder"))
		return err_raise(err, FAULT_CONFIG, "file of the configuration", 0);
	*ret = c;
	return 0;
}
