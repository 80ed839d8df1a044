/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/voice/voice.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAV_HEAD_BYTES = 44, WAV_RIFF_SIZE_AT = 4, WAV_DATA_SIZE_AT = 40 };

struct voice {
	struct voice_conf conf;
	pthread_mutex_t mutex; /* one program at a time */
};

/* espeak-ng's voice of each language, and words a minute. */
static const struct voice_lang {
	const char *lang;
	const char *voice;
	const char *speed;
} voice_langs[] = {
	{ "ja", "ja", "150" },
	{ "ja-easy", "ja", "125" },
	{ "en", "en-us", "150" },
	{ "zh", "cmn-latn-pinyin", "150" },
	{ "ko", "ko", "150" },
	{ "vi", "vi", "140" },
	{ "pt", "pt-br", "150" },
};

static const struct voice_lang *
lang_find(const char *lang)
{
	for (size_t i = 0; i < N_ELEMENTS(voice_langs); i++)
		if (text_equal(voice_langs[i].lang, lang))
			return &voice_langs[i];
	return NULL;
}

struct voice *
voice_new(const struct voice_conf *c)
{
	struct voice *v = mem_zero(sizeof(*v));
	v->conf = *c;
	(void)pthread_mutex_init(&v->mutex, NULL);
	if (c->program != NULL && access(c->program, X_OK) != 0) {
		v->conf.program = NULL;
		LOG(LOG_LVL_WARN, "kiosk.no_voice", LOG_F("errno", errno));
	}
	return v;
}

void
voice_free(struct voice *v)
{
	if (v == NULL)
		return;
	(void)pthread_mutex_destroy(&v->mutex);
	mem_free(v);
}

/* A key becomes a file's name: letters, digits, '.', '-' and '_', and no dot in front. */
static bool
key_is_name(const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
	return n > 0 && n <= VOICE_MAX_KEY_CHARS && key[n] == '\0' && key[0] != '.';
}

static int
recording_read(const struct voice *v, struct arena *a, const struct voice_phrase *p,
    struct voice_sound *ret, struct err *err)
{
	uint8_t *sound = NULL;
	if (v->conf.recordings == NULL || p->has_numbers)
		return VOICE_E_NONE;
	const char *path = arena_printf(a, "%s/%s/%s.wav", v->conf.recordings, p->lang, p->key);
	int r = file_read(a, path, VOICE_MAX_SOUND_BYTES, &sound, &ret->bytes, err);
	if (r == FILE_E_NONE_FOUND)
		return VOICE_E_NONE;
	ret->p = sound;
	return err_trace(err, r, "recording");
}

/* The child: @in and @out are its ends of the pipes; everything else of ours is closed. */
static int
program_start(const char *program, const struct voice_lang *l, int in, int out, pid_t *ret)
{
	const char *const argv[] = { program, "-v", l->voice, "-s", l->speed, "--stdin", "--stdout",
		NULL };
	char *const env[] = { NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&fa);
	(void)posix_spawnattr_init(&at);
	(void)posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addclosefrom_np(&fa, STDERR_FILENO + 1);
	(void)posix_spawnattr_setsigmask(&at, &none);
	(void)posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK);
	int r = posix_spawn(ret, program, &fa, &at, (char *const *)(uintptr_t)argv, env);
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)posix_spawnattr_destroy(&at);
	return r;
}

/* All that it says until @until_ms. */
static int
sound_collect(int fd, int64_t until_ms, struct buf *out, struct err *err)
{
	uint8_t part[16384];
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left_ms = until_ms - clock_mono_ms();
		int ready = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
		if (ready == 0)
			return err_raise(err, FAULT_TIMEOUT, "voice", 0);
		ssize_t n = ready > 0 ? read(fd, part, sizeof(part)) : -1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(err, FAULT_UNAVAILABLE, "voice", errno);
		if (n == 0)
			return 0;
		buf_put(out, part, (size_t)n);
		if (!buf_ok(out))
			return err_raise(err, FAULT_BAD_INPUT, "length of a sound", 0);
	}
}

static void
put_u32_le(uint8_t *at, size_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

/* Written to a pipe, the header could not know the length. */
static int
sound_finish(struct arena *a, struct buf *b, struct voice_sound *ret, struct err *err)
{
	if (b->bytes <= WAV_HEAD_BYTES || memcmp(b->p, "RIFF", 4) != 0 ||
	    memcmp(b->p + WAV_DATA_SIZE_AT - 4, "data", 4) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "what the voice said", (long)b->bytes);
	put_u32_le(b->p + WAV_RIFF_SIZE_AT, b->bytes - 8);
	put_u32_le(b->p + WAV_DATA_SIZE_AT, b->bytes - WAV_HEAD_BYTES);
	*ret = (struct voice_sound){ .p = arena_memdup(a, b->p, b->bytes), .bytes = b->bytes };
	return 0;
}

/* A pipe takes VOICE_MAX_TEXT_BYTES at once: nobody waits for the other. */
static int
program_feed(int fd, const char *text, struct err *err)
{
	int r = fd_write_all(fd, text, strlen(text), err);
	return err_trace(err, r, "voice");
}

static int
program_say(const struct voice *v, const struct voice_lang *l, const char *text, struct buf *out,
    struct err *err)
{
	int in[2] = { -1, -1 };
	int from[2] = { -1, -1 };
	pid_t pid = 0;
	int status = 0;
	int r = 0;
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "pipe", errno);
	if (r == 0 && program_start(v->conf.program, l, in[0], from[1], &pid) != 0)
		r = err_raise(err, FAULT_UNAVAILABLE, "start the voice", errno);
	fd_close(in[0]);
	fd_close(from[1]);
	if (r == 0)
		r = program_feed(in[1], text, err);
	fd_close(in[1]);
	if (r == 0)
		r = sound_collect(from[0], clock_mono_ms() + VOICE_TIMEOUT_MS, out, err);
	fd_close(from[0]);
	if (pid > 0 && r != 0)
		(void)kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
		r = err_raise(err, FAULT_UNAVAILABLE, "the voice's status", status);
	return r;
}

int
voice_say(struct voice *v, struct arena *a, const struct voice_phrase *p, struct voice_sound *ret,
    struct err *err)
{
	const struct voice_lang *l = lang_find(p->lang);
	struct buf out;
	if (l == NULL || !key_is_name(p->key))
		return VOICE_E_NONE;
	if (strlen(p->text) > VOICE_MAX_TEXT_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "length of a phrase", 0);
	int r = recording_read(v, a, p, ret, err);
	if (r != VOICE_E_NONE || v->conf.program == NULL || p->text[0] == '\0')
		return err_trace(err, r, "voice");
	buf_init(&out, VOICE_MAX_SOUND_BYTES);
	pthread_mutex_lock(&v->mutex);
	r = program_say(v, l, p->text, &out, err);
	pthread_mutex_unlock(&v->mutex);
	if (r == 0)
		r = sound_finish(a, &out, ret, err);
	buf_done(&out);
	return err_trace(err, r, "voice");
}
