/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/key_map.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

struct key_map_slot {
	uint8_t key[KEY_MAP_BYTES];
	uint8_t value[KEY_MAP_BYTES];
	bool used;
};

void
key_map_done(struct key_map *m)
{
	mem_free(m->slots);
	*m = (struct key_map){ 0 };
}

/* The slot of the key, or the empty one where it belongs; room is a power of two, never full. */
static struct key_map_slot *
slot_of(struct key_map_slot *slots, size_t room, const uint8_t key[KEY_MAP_BYTES])
{
	uint64_t h;
	memcpy(&h, key, sizeof(h));
	size_t i = (size_t)h & (room - 1);
	while (slots[i].used && memcmp(slots[i].key, key, KEY_MAP_BYTES) != 0)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

uint8_t *
key_map_find(const struct key_map *m, const uint8_t key[KEY_MAP_BYTES])
{
	struct key_map_slot *s = m->room ? slot_of(m->slots, m->room, key) : NULL;
	return s != NULL && s->used ? s->value : NULL;
}

static void
grow(struct key_map *m)
{
	size_t room = m->room ? m->room * 2 : 1024;
	struct key_map_slot *slots = mem_zero_n(room, sizeof(*slots));
	for (size_t i = 0; i < m->room; i++)
		if (m->slots[i].used)
			*slot_of(slots, room, m->slots[i].key) = m->slots[i];
	mem_free(m->slots);
	m->slots = slots;
	m->room = room;
}

uint8_t *
key_map_put(struct key_map *m, const uint8_t key[KEY_MAP_BYTES])
{
	uint8_t *there = key_map_find(m, key);
	if (there != NULL)
		return there;
	if (m->n == KEY_MAP_MAX)
		return NULL;
	if (m->n + 1 > m->room / 3 * 2)
		grow(m);
	struct key_map_slot *s = slot_of(m->slots, m->room, key);
	s->used = true;
	memcpy(s->key, key, KEY_MAP_BYTES);
	m->n++;
	return s->value;
}
