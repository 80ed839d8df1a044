/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/inquiry_conf.h"
#include "conf/conf.h"

#define ROW(sect, name, kind, field, lo, hi, dflt, text)                                           \
	{                                                                                          \
		.section = (sect), .key = (name), .type = (kind),                                  \
		.offset = offsetof(struct inquiry_conf, field), .min = (lo), .max = (hi),          \
		.def = (dflt), .help = (text)                                                      \
	}

static const struct conf_row rows[] = {
	ROW("inquiry", "address", CONF_TEXT, address, 1, 64, "127.0.0.1", "address to listen on"),
	ROW("inquiry", "port", CONF_INT, port, 0, 65535, NULL, "port; 0 takes a free one"),
	ROW("ops", "port", CONF_INT, ops_port, 0, 65535, "0",
	    "port of /livez, /readyz, /metrics on 127.0.0.1, 0 = none"),
	ROW("inquiry", "host", CONF_TEXT, host, 1, 200, "",
	    "host the pages are served under; others are refused"),
	ROW("inquiry", "database", CONF_TEXT, database, 1, 190, NULL,
	    "PostgreSQL conninfo of the role kofu_inquiry"),
	ROW("inquiry", "admin", CONF_TEXT, admin, 1, 190, "",
	    "conninfo of the owner, for key create, list and revoke"),
	ROW("inquiry", "open", CONF_BOOL, open, 0, 0, "true",
	    "answer inquiries without a key: the page needs it"),
	ROW("inquiry", "open_per_minute", CONF_INT, open_per_minute, 1, 6000, "600",
	    "inquiries without a key, all callers together"),
	ROW("token", "module", CONF_PATH, token_module, 1, 190, NULL, "PKCS#11 module"),
	ROW("token", "label", CONF_TEXT, token_label, 1, 32, NULL, "label of the token"),
	ROW("token", "pin", CONF_PATH, token_pin, 1, 190, NULL, "file with the user PIN"),
	ROW("token", "key", CONF_TEXT, key_label, 1, 64, NULL, "label of the inquiry key"),
	ROW("token", "public", CONF_PATH, key_file, 1, 190, NULL,
	    "file init writes the public point to"),
	ROW("token", "acceptance_days", CONF_INT, acceptance_days, 1, 3660, "220",
	    "how long papers of an earlier key are opened"),
};
#define MUNI(key, type, field, min, max, def, help)                                                \
	{                                                                                          \
		"municipality *", key, type, offsetof(struct inquiry_muni_conf, field), min, max,  \
		    def, help                                                                      \
	}
static const struct conf_row muni_rows[] = {
	MUNI("keys", CONF_PATH, keys, 1, 190, NULL, "key directory of the municipality"),
	MUNI("root", CONF_PATH, root, 1, 190, NULL, "what signs that, given by hand"),
};

int
inquiry_conf_load(struct arena *a, const char *path, struct inquiry_conf *ret, struct err *err)
{
	static const struct conf_list munis = { .prefix = "municipality",
		.rows = muni_rows,
		.n_rows = N_ELEMENTS(muni_rows),
		.struct_bytes = sizeof(struct inquiry_muni_conf),
		.name_offset = offsetof(struct inquiry_muni_conf, code),
		.max = INQUIRY_MAX_MUNIS };
	struct inquiry_conf c = { 0 };
	void *list = NULL;
	size_t n = 0;
	int r = conf_load_lists(a, path, rows, N_ELEMENTS(rows), &c, &munis, &list, &n, err);
	if (r)
		return err_trace(err, r, "inquiry_conf_load");
	c.munis = list;
	c.n_munis = (unsigned)n;
	*ret = c;
	return 0;
}
