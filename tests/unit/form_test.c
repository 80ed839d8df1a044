/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of forms: what is refused, by which name, and at which limit. */
#include "unit.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/log.h"
#include "server/render/form.h"
#include "tests/unit/paper_help.h"

#include <string.h>

#define PERSON(name)                                                                               \
	"\"" name "\":{\"at_mm100\":[1000,6000],\"unit_mm100\":[1000,1000],\"grid\":[19,2],"       \
	"\"framed\":true,\"rules\":\"box\",\"cells\":[\"@p\"]}"
/* The least that a certificate may have. */
static const char least[] =
    "{\"form\":\"least\",\"slots\":1,"
    "\"styles\":{\"mine\":{\"px\":[60,26],\"lines\":2,\"align\":\"right\",\"pad\":8}},"
    "\"parts\":{\"p\":[{\"at\":[0,0,9,1],\"value\":\"name\",\"style\":\"mine\"},"
    "{\"at\":[9,0,9,1],\"item\":\"birth\",\"style\":\"text\"},"
    "{\"at\":[0,1,9,1],\"item\":\"kojin_no\",\"style\":\"text\",\"option\":\"kojin_no\"},"
    "{\"at\":[9,1,4,1],\"data\":\"nendo\",\"style\":\"text\",\"absent\":\"needed\"}]},"
    "\"head\":{\"at_mm100\":[1000,1000],\"unit_mm100\":[1000,1000],\"grid\":[19,4],\"cells\":["
    "{\"at\":[0,0,9,1],\"value\":\"title\",\"style\":\"title\"},"
    "{\"at\":[0,1,9,1],\"value\":\"head_address\",\"style\":\"text\"}]}," PERSON(
	"person") "," PERSON("foreign") ","
					"\"foot\":{\"at_mm100\":[1000,20000],\"unit_mm100\":[1000,"
					"1000],\"grid\":[19,9],\"cells\":["
					"{\"at\":[0,0,3,3],\"picture\":\"qr\"},"
					"{\"at\":[3,0,9,1],\"value\":\"ninsho\",\"style\":"
					"\"sentence\",\"on\":\"last\"},"
					"{\"at\":[3,1,9,1],\"value\":\"issued_on\",\"style\":"
					"\"date\",\"on\":\"last\"},"
					"{\"at\":[3,2,9,1],\"value\":\"mayor\",\"style\":\"mayor\","
					"\"on\":\"last\"},"
					"{\"at\":[12,0,3,3],\"picture\":\"koin\",\"on\":\"last\"},"
					"{\"at\":[12,3,4,1],\"label\":\"この印は黒色です\","
					"\"style\":\"small\",\"on\":\"last\"},"
					"{\"at\":[0,4,5,1],\"value\":\"issue_number\",\"style\":"
					"\"small\"},"
					"{\"at\":[5,4,5,1],\"value\":\"front_code\",\"style\":"
					"\"code\"},"
					"{\"at\":[10,4,5,1],\"value\":\"digest\",\"style\":"
					"\"small\"}]}}";

/* The long head before the persons: @cells are its own. */
#define HEAD_LONG(cells)                                                                           \
	"\"head_long\":{\"at_mm100\":[1000,1000],\"unit_mm100\":[1000,1000],\"grid\":[19,4],"      \
	"\"cells\":[" cells "]},\"person\":{"
#define LONG_TITLE "{\"at\":[0,0,9,1],\"value\":\"title\",\"style\":\"title\"}"
#define LONG_ADDRESS(more)                                                                         \
	"{\"at\":[0,1,9,3],\"value\":\"head_address\",\"style\":\"address\"" more "}"

static int
parse(const char *json, size_t bytes, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	struct form f = { .slots = 99 };
	int r = form_parse(a, json, bytes, &f, err);
	assert_true((r != 0) == (f.slots == 99)); /* untouched unless 0 */
	return r;
}

/* The description with one piece of it put in another's place, once. */
static const char *
changed(struct arena *a, const char *from, const char *to)
{
	const char *at = strstr(least, from);
	if (at == NULL)
		fail_msg("the description has no %s", from);
	return arena_printf(a, "%.*s%s%s", (int)(at - least), least, to, at + strlen(from));
}

static const struct {
	const char *from, *to;
	const char *want; /* NULL: accepted */
} changes[] = {
	{ "least", "least", NULL },
	{ "{\"form\"", "{\"form\"x", "form is no JSON" },
	{ "\"form\":\"least\",", "", "form's members" },
	{ "\"form\":\"least\",", "\"form\":\"least\",\"more\":1,", "form's members" },
	{ "\"form\":\"least\"", "\"form\":\"Least\"", "form's members" },
	{ "\"form\":\"least\"", "\"form\":\"a2345678901234567890123456789012\"", NULL },
	{ "\"form\":\"least\"", "\"form\":\"a23456789012345678901234567890123\"",
	    "form's members" },
	{ "\"slots\":1", "\"slots\":1,\"title\":\"証明書\",\"ninsho\":\"証明する。\"", NULL },
	{ "\"slots\":1", "\"slots\":1,\"title\":\"証明書\"", "title without a sentence" },
	{ "\"slots\":1", "\"slots\":1,\"title\":\"\",\"ninsho\":\"証\"", "title or sentence" },
	{ "\"slots\":1", "\"slots\":1,\"title\":\"\\u0007\",\"ninsho\":\"証\"",
	    "title or sentence" },
	{ "\"slots\":1", "\"slots\":0", "number of slots" },
	{ "\"slots\":1", "\"slots\":8,\"slot_mm100\":2000", NULL },
	{ "\"slots\":1", "\"slots\":9,\"slot_mm100\":2000", "number of slots" },
	{ "\"slots\":1", "\"slots\":8", "height of a slot" },
	{ "\"slots\":1", "\"slots\":1,\"slot_mm100\":2000", "height of a slot" },
	{ "\"slots\":1", "\"slots\":2,\"slot_mm100\":1999", "slots over one another" },
	{ "\"slots\":1", "\"slots\":2,\"slot_mm100\":21700", NULL }, /* to the page's edge */
	{ "\"slots\":1", "\"slots\":2,\"slot_mm100\":21701", "slots over one another" },
	/* the long head */
	{ "\"person\":{", HEAD_LONG(LONG_TITLE "," LONG_ADDRESS("")), NULL },
	{ "\"person\":{", HEAD_LONG(LONG_TITLE), "heads of other cells" },
	{ "\"person\":{", HEAD_LONG(LONG_ADDRESS("") "," LONG_TITLE), "heads of other cells" },
	{ "\"person\":{", HEAD_LONG(LONG_TITLE "," LONG_ADDRESS(",\"absent\":\"nothing\"")),
	    "heads of other cells" },
	{ "\"person\":{",
	    HEAD_LONG(
		"{\"at\":[0,0,9,2],\"value\":\"title\",\"style\":\"title\"}," LONG_ADDRESS("")),
	    "cells overlap" },
	/* styles */
	{ "[60,26]", "[60,26.0]", "style's sizes" },
	{ "[60,26]", "[60]", "style's sizes" },
	{ "[60,26]", "[61,26]", "style's sizes" },
	{ "[60,26]", "[26,60]", "style's sizes" },
	{ "[60,26]", "[120,26]", NULL },
	{ "[60,26]", "[122,26]", "style's sizes" },
	{ "[60,26]", "[60,24]", "type too small for an item" },
	{ "[60,26]", "[60,18]", "style's sizes" },
	{ "\"lines\":2", "\"lines\":8", NULL },
	{ "\"lines\":2", "\"lines\":9", "style's lines" },
	{ "\"lines\":2", "\"lines\":0", "style's lines" },
	{ "\"pad\":8", "\"pad\":60", NULL },
	{ "\"pad\":8", "\"pad\":61", "style's margin" },
	{ "\"right\"", "\"justified\"", "style's place" },
	{ "\"pad\":8", "\"tracking\":8", "style's members" },
	{ "\"mine\":{", "\"label\":{", "style's name" },
	{ "\"style\":\"mine\"", "\"style\":\"theirs\"", "cell's style" },
	/* blocks */
	{ "\"at_mm100\":[1000,1000]", "\"at_mm100\":[1000]", "block's place" },
	{ "\"at_mm100\":[1000,1000]", "\"at_mm100\":[-1,1000]", "block's place" },
	{ "\"at_mm100\":[1000,1000]", "\"at_mm100\":[2000,1000]", NULL }, /* to the edge */
	{ "\"at_mm100\":[1000,1000]", "\"at_mm100\":[2001,1000]",
	    "block over the edge of the page" },
	{ "\"at_mm100\":[1000,20000]", "\"at_mm100\":[1000,20700]", NULL },
	{ "\"at_mm100\":[1000,20000]", "\"at_mm100\":[1000,20701]",
	    "block over the edge of the page" },
	{ "\"unit_mm100\":[1000,1000]", "\"unit_mm100\":[0,1000]", "block's grid" },
	{ "\"unit_mm100\":[1000,1000]", "\"unit_mm100\":[1000,3000]", NULL },
	{ "\"unit_mm100\":[1000,1000]", "\"unit_mm100\":[1000,3001]", "block's grid" },
	{ "\"unit_mm100\":[1000,1000],\"grid\":[19,4]", "\"unit_mm100\":[99,1000],\"grid\":[200,4]",
	    NULL },
	{ "\"grid\":[19,4]", "\"grid\":[201,4]", "block's grid" },
	{ "\"framed\":true", "\"framed\":1", "block's frame" },
	{ "\"rules\":\"box\"", "\"rules\":\"double\"", "block's rules" },
	{ "\"rules\":\"box\"", "\"label_style\":\"none_such\"", "block's style" },
	{ "\"rules\":\"box\"", "\"colour\":\"red\"", "block's members" },
	{ "[\"@p\"]", "[]", "block's cells" },
	{ "[\"@p\"]", "[\"@q\"]", "cells' part" },
	{ "[\"@p\"]", "[\"p\"]", "cells' part" },
	{ "[{\"at\":[0,0,9,1],\"value\":\"name\"", "[\"@p\",{\"at\":[0,0,9,1],\"value\":\"name\"",
	    "cells' part" },
	{ "\"parts\":{", "\"parts\":{\"q\":[{\"at\":[0,0,1,1],\"frame\":true}],",
	    "part that no block takes" },
	/* cells */
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[0,0,9],\"value\":\"title\"",
	    "cell's place" },
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[0,0,201,1],\"value\":\"title\"",
	    "cell's place" },
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[10,0,9,1],\"value\":\"title\"", NULL },
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[11,0,9,1],\"value\":\"title\"",
	    "cell over the edge of its block" },
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[0,4,9,1],\"value\":\"title\"",
	    "cell over the edge of its block" },
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[0,0,0,1],\"value\":\"title\"",
	    "cell without room" },
	{ "\"at\":[0,0,9,1],\"value\":\"title\"", "\"at\":[0,0,9,2],\"value\":\"title\"",
	    "cells overlap" },
	{ "\"value\":\"title\"", "\"value\":\"title\",\"label\":\"題\"", "cell is not one thing" },
	{ "\"value\":\"title\",", "", "cell is not one thing" },
	{ "\"value\":\"title\"", "\"value\":\"titel\"", "cell's subject" },
	{ "\"value\":\"title\"", "\"value\":\"inquiry_url\"", "cell's subject" },
	{ "\"item\":\"birth\"", "\"item\":\"birthday\"", "cell's subject" },
	{ "\"picture\":\"qr\"", "\"picture\":\"photo\"", "cell's subject" },
	{ "\"data\":\"nendo\"", "\"data\":\"年度\"", "cell's subject" },
	{ "\"label\":\"この印は黒色です\"", "\"label\":5", "cell's subject" },
	{ "\"picture\":\"qr\"", "\"frame\":false", "cell's subject" },
	{ "\"picture\":\"qr\"", "\"picture\":\"qr\",\"style\":\"text\"", "cell's style" },
	{ "\"picture\":\"qr\"", "\"picture\":\"qr\",\"absent\":\"stars\"", "cell is no field" },
	{ "\"picture\":\"qr\"", "\"picture\":\"qr\",\"rules\":\"wavy\"", "cell's rules" },
	{ "\"picture\":\"qr\"", "\"picture\":\"qr\",\"size\":5", "cell's members" },
	{ "\"on\":\"last\"", "\"on\":\"first\"", "cell's pages" },
	{ "\"absent\":\"needed\"", "\"absent\":\"zero\"", "cell's mark" },
	{ "\"option\":\"kojin_no\"", "\"option\":\"blood\"", "cell's option" },
	/* the law */
	{ ",\"option\":\"kojin_no\"", "", "item with the wrong option" },
	{ "\"option\":\"kojin_no\"", "\"option\":\"honseki\"", "item with the wrong option" },
	{ "\"item\":\"kojin_no\",\"style\":\"text\",\"option\":\"kojin_no\"",
	    "\"item\":\"atena_no\",\"style\":\"text\"", "item that is never printed" },
	{ "\"item\":\"kojin_no\",\"style\":\"text\",\"option\":\"kojin_no\"",
	    "\"item\":\"address\",\"style\":\"text\"", "item that is never printed" },
	{ "\"item\":\"kojin_no\",\"style\":\"text\",\"option\":\"kojin_no\"",
	    "\"item\":\"birth\",\"style\":\"text\"", "field twice" },
	{ "\"item\":\"kojin_no\",\"style\":\"text\",\"option\":\"kojin_no\"",
	    "\"item\":\"kyu_uji\",\"style\":\"text\",\"on\":\"last\"",
	    "person's cell on some pages" },
	{ "\"item\":\"birth\",\"style\":\"text\"", "\"item\":\"birth\",\"style\":\"small\"",
	    "type too small for an item" },
	{ "\"item\":\"birth\"", "\"item\":\"sex\"", "person without name or birth" },
	{ "\"value\":\"name\"", "\"value\":\"slot\"", "person without name or birth" },
	{ "\"value\":\"head_address\"", "\"value\":\"head\"", "item with the wrong option" },
	{ "{\"at\":[0,1,9,1],\"value\":\"head_address\",\"style\":\"text\"}",
	    "{\"at\":[0,1,9,1],\"label\":\"住所\"}", "person without address" },
	{ "\"data\":\"nendo\",\"style\":\"text\",\"absent\":\"needed\"",
	    "\"value\":\"address\",\"style\":\"text\"", "person without address" }, /* twice */
	{ "\"value\":\"title\"", "\"value\":\"stars\"", "value that must stand once" },
	{ "\"value\":\"digest\"", "\"value\":\"stars\"", "value that must stand once" },
	{ "\"value\":\"mayor\"", "\"value\":\"name\"", "value of another block" },
	{ "\"data\":\"nendo\"", "\"value\":\"mayor\"", "value of another block" },
	{ "\"value\":\"front_code\"", "\"value\":\"digest\"", "field twice" },
	{ "{\"at\":[0,4,5,1]",
	    "{\"at\":[0,5,5,1],\"data\":\"title\",\"style\":\"text\"},{\"at\":[0,4,5,1]",
	    "field twice" }, /* of the head */
	{ "\"value\":\"front_code\"", "\"item\":\"birth\"", "item outside a person's block" },
	{ "\"style\":\"sentence\",\"on\":\"last\"", "\"style\":\"sentence\"",
	    "value that must stand once" }, /* 認証文 on every page */
	{ "\"style\":\"date\",\"on\":\"last\"", "\"style\":\"date\",\"on\":\"not-last\"",
	    "value that must stand once" },
	{ "\"picture\":\"qr\"", "\"picture\":\"ruler\"", "code that must stand once" },
	{ "\"picture\":\"koin\",\"on\":\"last\"", "\"picture\":\"koin\"",
	    "official seal that must stand once" },
	{ "[12,0,3,3],\"picture\":\"koin\"", "[12,0,2,3],\"picture\":\"koin\"",
	    "no room for 25 mm" },
	{ "この印は黒色です", "この印は朱色です", "seal without the words on its colour" },
};

static void
every_fault_of_a_description_is_refused_by_name(void **state)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		struct err err = { 0 };
		const char *json = changed(a, changes[i].from, changes[i].to);
		int r = parse(json, strlen(json), &err);
		const char *name = err.depth ? err.trail[0].what : "nothing";
		if (changes[i].want == NULL && r == 0)
			continue;
		if (changes[i].want == NULL || r != FAULT_CONFIG ||
		    strcmp(name, changes[i].want) != 0)
			fail_msg("row %zu gave %d, %s instead of %s", i, r, name,
			    changes[i].want ? changes[i].want : "nothing");
	}
}

/* @n times @before, a number from 0 on and @after, with commas between. */
static const char *
many(struct arena *a, unsigned n, const char *before, const char *after)
{
	const char *s = "";
	for (unsigned i = 0; i < n; i++)
		s = arena_printf(a, "%s%s%s%u%s", s, i ? "," : "", before, i, after);
	return s;
}

static void
refused_past(const char *json, bool past, const char *want)
{
	struct err err = { 0 };
	int r = parse(json, strlen(json), &err);
	assert_int_equal(r, past ? FAULT_CONFIG : 0);
	if (past)
		assert_string_equal(err.trail[0].what, want);
}

static void
lists_end_at_their_limits(void **state)
{
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	(void)state;
	for (unsigned past = 0; past <= 1; past++) {
		/* Frames of no height, one column each of the grid's first. */
		const char *cells = "";
		for (unsigned i = 0; i < FORM_MAX_CELLS - 4 + past; i++)
			cells = arena_printf(a, "%s,{\"at\":[0,0,1,0],\"frame\":true}", cells);
		refused_past(changed(a, "[\"@p\"]", arena_printf(a, "[\"@p\"%s]", cells)), past,
		    "number of cells");
		const char *styles =
		    many(a, FORM_MAX_STYLES - 1 + past, "\"s", "\":{\"px\":[30,26],\"lines\":1}");
		refused_past(changed(a, "\"mine\":{", arena_printf(a, "%s,\"mine\":{", styles)),
		    past, "number of styles");
		unsigned n = FORM_MAX_PARTS - 1 + past;
		const char *taken = many(a, n, "\"@q", "\"");
		const char *json = changed(a, "\"parts\":{",
		    arena_printf(a, "\"parts\":{%s,",
			many(a, n, "\"q", "\":[{\"at\":[0,0,1,0],\"frame\":true}]")));
		const char *at = strstr(json, "[\"@p\"]");
		refused_past(
		    arena_printf(a, "%.*s[\"@p\",%s]%s", (int)(at - json), json, taken, at + 6),
		    past, "number of parts");
	}
}

static void
a_description_ends_at_its_limit_of_bytes(void **state)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	struct err err = { 0 };
	char *json = arena_zero(a, FORM_MAX_BYTES + 2);
	(void)state;
	memset(json, ' ', FORM_MAX_BYTES + 1);
	memcpy(json, least, sizeof(least) - 1);
	assert_int_equal(parse(json, FORM_MAX_BYTES, &err), 0);
	assert_int_equal(parse(json, FORM_MAX_BYTES + 1, &err), FAULT_CONFIG);
	assert_string_equal(err.trail[0].what, "form over its limit");
	assert_int_equal(parse(json, 0, &err), FAULT_CONFIG);
}

static void
a_label_ends_at_its_limit_of_bytes(void **state)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	(void)state;
	for (unsigned past = 0; past <= 1; past++) {
		struct err err = { 0 };
		char *label = arena_zero(a, FORM_MAX_TEXT_BYTES + 2);
		memset(label, 'x', FORM_MAX_TEXT_BYTES + past);
		const char *json =
		    changed(a, "\"data\":\"nendo\",\"style\":\"text\",\"absent\":\"needed\"",
			arena_printf(a, "\"label\":\"%s\"", label));
		int r = parse(json, strlen(json), &err);
		assert_int_equal(r, past ? FAULT_CONFIG : 0);
		if (past)
			assert_string_equal(err.trail[0].what, "cell's subject");
	}
}

static void
the_forms_of_the_program_are_all_in_order(void **state)
{
	static const char *const names[] = { "renki", "kojin", "inkan", "kazei" };
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	const struct form *f = NULL;
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		assert_int_equal(form_builtin(a, names[i], &f, &err), 0);
	assert_int_equal(form_builtin(a, "koseki", &f, &err), FAULT_CONFIG);
	assert_int_equal(
	    form_builtin(a, "a234567890123456789012345678901234567890", &f, &err), FAULT_CONFIG);
}

static void
a_municipality_may_have_a_form_of_its_own_that_fits_the_kind(void **state)
{
	static const struct {
		enum doc_kind kind;
		enum profile_form form;
		const char *from, *to, *want;
	} t[] = {
		{ DOC_JUMINHYO, PROFILE_KOJIN, "\"data\":\"nendo\"", "\"item\":\"sex\"", NULL },
		{ DOC_KISAI, PROFILE_KOJIN, "\"data\":\"nendo\"", "\"item\":\"sex\"", NULL },
		{ DOC_JUMINHYO, PROFILE_KOJIN, "least", "least",
		    "data that the kind does not have" },
		{ DOC_JUMINHYO, PROFILE_RENKI, "\"data\":\"nendo\"", "\"item\":\"sex\"",
		    "slots of the kind" },
		{ DOC_JUMINHYO, PROFILE_KOJIN, "\"slots\":1",
		    "\"slots\":1,\"title\":\"証\",\"ninsho\":\"証\"", "title of a kind's own" },
		{ DOC_INKAN, PROFILE_KOJIN, "\"data\":\"nendo\"", "\"item\":\"sex\"",
		    "seal of the kind" },
	};
	AUTO(arena) struct arena *a = arena_new(32 << 20);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct profile p;
		struct err err = { 0 };
		paper_profile(a, t[i].form, &p);
		const struct form *was = p.forms[t[i].kind];
		p.form_texts[t[i].kind] = changed(a, t[i].from, t[i].to);
		int r = form_assign(a, &p, &err);
		assert_int_equal(r, t[i].want ? FAULT_CONFIG : 0);
		if (t[i].want)
			assert_string_equal(err.trail[0].what, t[i].want);
		else
			assert_ptr_not_equal(form_find(t[i].kind, &p), was);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_of_a_description_is_refused_by_name),
		cmocka_unit_test(lists_end_at_their_limits),
		cmocka_unit_test(a_description_ends_at_its_limit_of_bytes),
		cmocka_unit_test(a_label_ends_at_its_limit_of_bytes),
		cmocka_unit_test(the_forms_of_the_program_are_all_in_order),
		cmocka_unit_test(a_municipality_may_have_a_form_of_its_own_that_fits_the_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
