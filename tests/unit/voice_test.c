/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases become sound on this machine alone: by a recording or by espeak-ng, within limits. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/log.h"
#include "kiosk/voice/voice.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int
before(void **state)
{
	(void)state;
	log_fd = -1;
	memcpy(folder, "/tmp/kofu-voice-XXXXXX", 23);
	return mkdtemp(folder) == NULL;
}

static int
after(void **state)
{
	static const char *const names[] = { "ja/card.title.wav", "ja", "program", "heard" };
	char path[128];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	return rmdir(folder);
}

/* A program of that text, in place of espeak-ng. */
static const char *
program(const char *text)
{
	static char path[128];
	(void)snprintf(path, sizeof(path), "%s/program", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	(void)fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

static int
say(const struct voice_conf *c, const struct voice_phrase *p, size_t *ret_bytes)
{
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	AUTO(voice) struct voice *v = voice_new(c);
	struct voice_sound s = { 0 };
	struct err err = { 0 };
	int r = voice_say(v, a, p, &s, &err);
	if (r == 0) {
		uint32_t riff = 0, data = 0;
		memcpy(&riff, s.p + 4, 4);
		memcpy(&data, s.p + 40, 4);
		assert_memory_equal(s.p, "RIFF", 4);
		assert_memory_equal(s.p + 8, "WAVE", 4);
		assert_int_equal(riff, s.bytes - 8);
		assert_int_equal(data, s.bytes - 44);
	}
	*ret_bytes = s.bytes;
	return r;
}

static void
each_language_is_spoken_by_a_voice_of_its_own_without_a_network(void **state)
{
	static const struct voice_phrase t[] = {
		{ .lang = "ja", .key = "card.title", .text = "カードをおとりください" },
		{ .lang = "ja-easy", .key = "card.title", .text = "カードをとってください" },
		{ .lang = "en", .key = "card.title", .text = "Take your card" },
		{ .lang = "zh", .key = "card.title", .text = "请取卡" },
		{ .lang = "ko", .key = "card.title", .text = "카드를 가져가 주세요" },
		{ .lang = "vi", .key = "card.title", .text = "Hãy lấy thẻ" },
		{ .lang = "pt", .key = "card.title", .text = "Retire o cartão" },
	};
	const struct voice_conf c = { .program = "/usr/bin/espeak-ng" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		size_t bytes = 0;
		assert_int_equal(say(&c, &t[i], &bytes), 0);
		/* 22050 samples of two bytes a second: between half a second and six */
		assert_in_range(bytes, 22050, 6 * 44100);
	}
}

static void
a_recording_is_preferred_but_not_for_a_phrase_with_numbers(void **state)
{
	const struct voice_conf c = { .recordings = folder };
	struct voice_phrase p = { .lang = "ja", .key = "card.title", .text = "カード" };
	uint8_t wav[60] = "RIFF\x34\0\0\0WAVEfmt ";
	char path[128];
	size_t bytes = 0;
	(void)state;
	assert_int_equal(say(&c, &p, &bytes), VOICE_E_NONE);
	(void)snprintf(path, sizeof(path), "%s/ja", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/ja/card.title.wav", folder);
	FILE *f = fopen(path, "w");
	wav[40] = 16;
	assert_int_equal(fwrite(wav, 1, sizeof(wav), f), sizeof(wav));
	(void)fclose(f);
	assert_int_equal(say(&c, &p, &bytes), 0);
	assert_int_equal(bytes, sizeof(wav));
	p.has_numbers = true;
	assert_int_equal(say(&c, &p, &bytes), VOICE_E_NONE);
}

static void
what_is_no_language_or_no_key_is_silence(void **state)
{
	static const struct voice_phrase t[] = {
		{ .lang = "de", .key = "card.title", .text = "Karte" },
		{ .lang = "", .key = "card.title", .text = "a" },
		{ .lang = "ja", .key = "", .text = "a" },
		{ .lang = "ja", .key = "../token", .text = "a" },
		{ .lang = "ja", .key = ".hidden", .text = "a" },
		{ .lang = "ja", .key = "a/b", .text = "a" },
		{ .lang = "ja", .key = "UPPER", .text = "a" },
		{ .lang = "ja", .key = "card.title", .text = "" },
	};
	const struct voice_conf c = { .program = "/usr/bin/espeak-ng", .recordings = folder };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		size_t bytes = 0;
		assert_int_equal(say(&c, &t[i], &bytes), VOICE_E_NONE);
	}
	char key[VOICE_MAX_KEY_CHARS + 2] = { 0 };
	struct voice_phrase p = { .lang = "ja", .key = key, .text = "あ" };
	size_t bytes = 0;
	memset(key, 'a', VOICE_MAX_KEY_CHARS);
	assert_int_equal(say(&c, &p, &bytes), 0);
	key[VOICE_MAX_KEY_CHARS] = 'a';
	assert_int_equal(say(&c, &p, &bytes), VOICE_E_NONE);
}

static void
a_phrase_past_its_limit_is_refused(void **state)
{
	char text[VOICE_MAX_TEXT_BYTES + 2] = { 0 };
	const struct voice_phrase p = { .lang = "en", .key = "a", .text = text };
	/* says half a second, whatever it hears */
	const struct voice_conf c = {
		.program =
		    program("#!/bin/sh\ncat >/dev/null\nexec /usr/bin/espeak-ng --stdout a\n")
	};
	size_t bytes = 0;
	(void)state;
	memset(text, 'a', VOICE_MAX_TEXT_BYTES);
	assert_int_equal(say(&c, &p, &bytes), 0);
	text[VOICE_MAX_TEXT_BYTES] = 'a';
	assert_int_equal(say(&c, &p, &bytes), FAULT_BAD_INPUT);
}

static void
a_program_that_fails_talks_too_much_or_talks_nonsense_is_a_fault(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ "#!/bin/sh\ncat >/dev/null\nexit 3\n", FAULT_UNAVAILABLE },
		{ "#!/bin/sh\necho no sound\n", FAULT_UNAVAILABLE },
		{ "#!/bin/sh\nexit 0\n", FAULT_UNAVAILABLE },
		{ "#!/bin/sh\ncat >/dev/null\nexec head -c 9000000 /dev/zero\n", FAULT_BAD_INPUT },
		{ "no program at all", FAULT_UNAVAILABLE },
	};
	const struct voice_phrase p = { .lang = "en", .key = "a", .text = "a" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		const struct voice_conf c = { .program = program(t[i].text) };
		size_t bytes = 0;
		assert_int_equal(say(&c, &p, &bytes), t[i].want);
	}
	/* one that is not there is silence, known from the start */
	size_t bytes = 0;
	assert_int_equal(
	    say(&(struct voice_conf){ .program = "/nonexistent/voice" }, &p, &bytes), VOICE_E_NONE);
}

/* It ends by the limit, not by itself: that would be much later. */
static void
a_program_that_hangs_is_ended_by_its_limit(void **state)
{
	const struct voice_conf c = { .program = program("#!/bin/sh\nexec sleep 600\n") };
	const struct voice_phrase p = { .lang = "en", .key = "a", .text = "a" };
	size_t bytes = 0;
	int64_t start_ms = clock_mono_ms();
	(void)state;
	assert_int_equal(say(&c, &p, &bytes), FAULT_TIMEOUT);
	assert_true(clock_mono_ms() - start_ms >= VOICE_TIMEOUT_MS);
}

/* The phrase on its input, nothing on its command line; no descriptor, no environment of ours. */
static void
the_program_gets_the_phrase_and_nothing_else_of_ours(void **state)
{
	char text[256];
	char heard[4096] = { 0 };
	(void)state;
	(void)snprintf(text, sizeof(text),
	    "#!/bin/sh\n{ cat; echo; echo \"$@\"; ls /proc/self/fd | wc -l; echo env: "
	    "$KOFU_SECRET; } "
	    ">%s/heard\nexec /usr/bin/espeak-ng --stdout a\n",
	    folder);
	const struct voice_conf c = { .program = program(text) };
	const struct voice_phrase p = { .lang = "vi", .key = "a", .text = "; echo $(id) --help" };
	size_t bytes = 0;
	assert_int_equal(setenv("KOFU_SECRET", "1234", 1), 0);
	int open_fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	assert_int_equal(say(&c, &p, &bytes), 0);
	close(open_fd);
	(void)snprintf(text, sizeof(text), "%s/heard", folder);
	FILE *f = fopen(text, "r");
	assert_non_null(f);
	(void)!fread(heard, 1, sizeof(heard) - 1, f);
	(void)fclose(f);
	/* 0, 1, 2 and the folder that ls itself has open */
	assert_string_equal(heard, "; echo $(id) --help\n-v vi -s 140 --stdin --stdout\n4\nenv:\n");
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN); /* as every server of ours */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    each_language_is_spoken_by_a_voice_of_its_own_without_a_network, before, after),
		cmocka_unit_test_setup_teardown(
		    a_recording_is_preferred_but_not_for_a_phrase_with_numbers, before, after),
		cmocka_unit_test_setup_teardown(
		    what_is_no_language_or_no_key_is_silence, before, after),
		cmocka_unit_test_setup_teardown(a_phrase_past_its_limit_is_refused, before, after),
		cmocka_unit_test_setup_teardown(
		    a_program_that_fails_talks_too_much_or_talks_nonsense_is_a_fault, before,
		    after),
		cmocka_unit_test_setup_teardown(
		    a_program_that_hangs_is_ended_by_its_limit, before, after),
		cmocka_unit_test_setup_teardown(
		    the_program_gets_the_phrase_and_nothing_else_of_ours, before, after),
	};
	return cmocka_run_group_tests_name("voice", tests, NULL, NULL);
}
