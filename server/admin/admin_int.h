/* SPDX-License-Identifier: Apache-2.0 */
/* admin_int - what the files of the operator's commands share. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "db/db.h"

enum { EXIT_FAULT = 1, EXIT_USAGE = 2, EXIT_CONF = 78 };

/* Each says it on stderr and returns the exit status. */
int admin_usage(const char *text);
int admin_failed(int r, const char *what, const struct err *err);
int admin_refused(const char *what, const char *why);

#define ADMIN_USAGE_GAIJI "gaiji check|import CONF MUNI FONT LIST"
int admin_command_gaiji(int argc, char **argv);
#define ADMIN_USAGE_PRINTABLE "check-printable CONF [MUNI...]"
int admin_command_printable(int argc, char **argv);
#define ADMIN_USAGE_EXPORT "export CONF MUNI KEY"
int admin_command_export(int argc, char **argv);
/* argv[1]: the serving configuration, argv[2]: a municipality of it; its database as the applying
 * role. */
MUST_USE int admin_sync_open(struct arena *a, char **argv, struct db **ret, const char **ret_socket,
    struct muni_code *ret_muni, struct err *err);
/* The newest checkpoint of the audit as the file @path keeps it, or (NULL) the configuration's
 * folder; *ret stays untouched when there is none yet. */
struct server_conf;
MUST_USE int admin_witness_read(struct arena *a, const struct server_conf *c, const char *muni,
    const char *path, const char **ret, struct err *err);
#define ADMIN_USAGE_RESTORED "restored CONF MUNI [--lost | --promoted]"
int admin_command_restored(int argc, char **argv);
#define ADMIN_USAGE_RESUME "resume CONF MUNI [--not-reconciled]"
int admin_command_resume(int argc, char **argv);
#define ADMIN_USAGE_KEY                                                                            \
	"key rotate CONF MUNI   (after kofu-seal rotate SEALCONF MUNI)\n"                          \
	"       kofu-server key rotate-data ADMINCONF MUNI [--announce-s N] [--rows-s N]"
int admin_command_key(int argc, char **argv);
int admin_command_rotate_data(int argc, char **argv);
#define ADMIN_USAGE_ANNOUNCE "announce CONF MUNI"
int admin_command_announce(int argc, char **argv);
#define ADMIN_USAGE_AUDIT "audit verify CONF MUNI [--witness FILE]"
int admin_command_audit(int argc, char **argv);
