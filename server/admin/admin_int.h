/* SPDX-License-Identifier: Apache-2.0 */
/* admin_int - what the files of the operator's commands share. */
#pragma once
#include "base/err.h"

enum { EXIT_FAULT = 1, EXIT_USAGE = 2, EXIT_CONF = 78 };

/* Each says it on stderr and returns the exit status. */
int admin_usage(const char *text);
int admin_failed(int r, const char *what, const struct err *err);
int admin_refused(const char *what, const char *why);

#define ADMIN_USAGE_GAIJI "gaiji check|import CONF MUNI FONT LIST"
int admin_command_gaiji(int argc, char **argv);
#define ADMIN_USAGE_PRINTABLE "check-printable CONF [MUNI...]"
int admin_command_printable(int argc, char **argv);
