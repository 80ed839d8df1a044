/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin - the kofu-server subcommands of the operator:
 *
 *   kofu-seal new-key SEALCONF MUNI | kofu-server provision ADMINCONF MUNI
 *                                      database, login roles, migrations, data key
 *   migrate ADMINCONF MUNI             migrations of a database that exists
 *   medium import ADMINCONF MUNI DIR   the first load
 *   block CONF MUNI --atena-no N | --setai-no N --kinds all|juminhyo|inkan|kisai [--off]
 *                                      exit status 0 = in force: only after the commit
 *   resume CONF MUNI [--not-reconciled]
 *                                      lifts a stop, by a human's decision: refused until a
 *                                      reconciliation that began after it has ended with nobody
 *                                      open; --not-reconciled: where a register cannot be read
 *                                      again; stands in the city's audit
 *   export CONF MUNI KEY               every resident's number and digest in the replica, to be
 *                                      compared with kofu-agent export under the same key
 *   gaiji check|import CONF MUNI FONT LIST
 *                                      looks at a municipality's own characters, glyph by
 *                                      glyph; import then puts them beside the font manifest,
 *                                      where the next start finds them
 *   check-printable CONF [MUNI...]     lists whose certificates would be refused for their
 *                                      characters or their length: 宛名番号, item and why, never
 *                                      the text; exit status 3 when there are any
 *   announce CONF MUNI                 what this node says it is, a line of JSON: programs, schema,
 *                                      configuration; kofu-center list-node takes it
 *   audit verify CONF MUNI [--witness FILE]
 *                                      walks the audit's chain and names each place that is
 *                                      wrong; exit status 3 when there are any
 *   key rotate CONF MUNI               wraps the data key under the token's newest wrapping key, which
 *                                      kofu-seal rotate SEALCONF MUNI makes; all go on serving
 *   restored CONF MUNI [--lost | --promoted]
 *                                      takes a restored database for the true one: issue numbers go
 *                                      on past every one that may have been given, and the
 * municipality stays stopped for a reconciliation and resume; refused while the audit's witness
 * knows of more than was restored, unless --lost says that the city has entered its stops again;
 * --promoted: a synchronous standby took over and has all that was answered: it issues as before
 *   console CONF MUNI                  serves the pages of the municipality's staff
 *   staff add CONF MUNI USER NAME UNTIL
 *                                      the first 職員管理, while there is none; the password is
 *                                      read from stdin, the one-time codes' URL printed
 *
 * CONF is kofu-server's own file (server_conf.h), ADMINCONF the operator's
 * (admin_conf.h). "-" for N reads the number from stdin, so that it stands in
 * no list of processes.
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
