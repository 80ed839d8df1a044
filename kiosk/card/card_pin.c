/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/card/card_pin.h"

#include "base/mem.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint8_t VERIFY_HEAD[CARD_VERIFY_HEAD_BYTES] = { 0x00, 0x20, 0x00, 0x80,
	CARD_PIN_DIGITS };

static size_t
pin_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A page of its own: what is locked and kept out of dumps is then the PIN and nothing else. */
struct card_pin *
card_pin_new(void)
{
	size_t bytes = pin_page_bytes();
	void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (mlock(page, bytes) != 0 || madvise(page, bytes, MADV_DONTDUMP) != 0 ||
	    madvise(page, bytes, MADV_WIPEONFORK) != 0) {
		(void)munmap(page, bytes);
		return NULL;
	}
	struct card_pin *pin = page;
	memcpy(pin->verify, VERIFY_HEAD, sizeof(VERIFY_HEAD));
	return pin;
}

void
card_pin_free(struct card_pin *pin)
{
	if (pin == NULL)
		return;
	card_pin_clear(pin);
	(void)munmap(pin, pin_page_bytes());
}

unsigned
card_pin_push(struct card_pin *pin, unsigned digit)
{
	if (pin->digits < CARD_PIN_DIGITS && digit <= 9)
		pin->verify[CARD_VERIFY_HEAD_BYTES + pin->digits++] = (uint8_t)('0' + digit);
	return pin->digits;
}

unsigned
card_pin_pop(struct card_pin *pin)
{
	if (pin->digits > 0)
		pin->verify[CARD_VERIFY_HEAD_BYTES + --pin->digits] = 0;
	return pin->digits;
}

void
card_pin_clear(struct card_pin *pin)
{
	mem_wipe(pin->verify + CARD_VERIFY_HEAD_BYTES, CARD_PIN_DIGITS);
	pin->digits = 0;
}

unsigned
card_pin_digits(const struct card_pin *pin)
{
	return pin->digits;
}
