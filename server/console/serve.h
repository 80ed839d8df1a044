/* SPDX-License-Identifier: Apache-2.0 */
/* serve - the console as a process: "kofu-server console CONF MUNI", and the staff's commands. */
#pragma once

/*
 *   console CONF MUNI                      serves one municipality's pages
 *   console routes                         the table of routes, rights and roles, as JSON
 *   staff add CONF MUNI USER NAME UNTIL    the first 職員管理; the password is read from stdin
 */
int console_command(int argc, char **argv);
int console_command_staff(int argc, char **argv);
#define CONSOLE_USAGE "console CONF MUNI | console routes"
#define CONSOLE_USAGE_STAFF "staff add CONF MUNI USER NAME UNTIL   (stdin: the password)"
