/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin - the kofu-server subcommands of the operator:
 *
 *   provision CONF MUNI          database, login roles, migrations, data key
 *   medium import CONF MUNI DIR  the first load
 *   block CONF MUNI --atena-no N | --setai-no N --kinds all|juminhyo|inkan [--off]
 *                                acknowledged by exit status 0, only after the commit
 *   migrate CONF MUNI            migrations of a database that exists
 *   resume CONF MUNI             lifts a stop, by a human's decision
 *
 * They print what was done on stdout, faults on stderr; nothing personal in
 * either. Exit status: 0 done, 1 refused or failed, 2 wrong usage, 78 wrong
 * configuration.
 */
#pragma once

/* argv[0] is the subcommand's name. */
struct admin_command {
	const char *name;
	const char *usage;
	int (*run)(int argc, char **argv);
};
/* Ends with a NULL name. kofu-server looks argv[1] up here before its own. */
extern const struct admin_command admin_commands[];
