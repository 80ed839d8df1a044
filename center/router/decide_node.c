/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/decide_node.h"
#include "domain/muni.h"

#include <string.h>

const char *
node_verdict_name(enum node_verdict v)
{
	static const char *const names[NODE_N_VERDICTS] = { "unknown", "listed", "away", "form",
		"build", "seal", "schema", "conf", "self-test", "foreign", "cut" };
	return (unsigned)v < NODE_N_VERDICTS ? names[v] : "unknown";
}

bool
node_verdict_is_refusal(enum node_verdict v)
{
	return v >= NODE_FORM;
}

/* What stands against it, the programs first: a schema means something only with its program. */
static enum node_verdict
node_differs(const struct announce *listed, const struct announce *said)
{
	if (strcmp(listed->build, said->build) != 0)
		return NODE_BUILD;
	if (strcmp(listed->seal, said->seal) != 0)
		return NODE_SEAL;
	if (listed->schema != said->schema ||
	    memcmp(listed->schema_sha256, said->schema_sha256, sizeof(said->schema_sha256)) != 0)
		return NODE_SCHEMA;
	if (memcmp(listed->conf_sha256, said->conf_sha256, sizeof(said->conf_sha256)) != 0)
		return NODE_CONF;
	return NODE_LISTED;
}

enum node_verdict
node_decide(const struct announce *listed, size_t n, const struct announce *said)
{
	enum node_verdict nearest = NODE_BUILD;
	for (size_t i = 0; i < n; i++) {
		if (!muni_equal(listed[i].muni, said->muni))
			continue;
		enum node_verdict v = node_differs(&listed[i], said);
		if (v == NODE_LISTED)
			return v;
		if (v > nearest)
			nearest = v;
	}
	return nearest;
}
