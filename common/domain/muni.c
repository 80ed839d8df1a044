/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/muni.h"

#include <string.h>

static int
muni_check_digit(const char *s)
{
	int sum = 0;
	for (int i = 0; i < 5; i++)
		sum += (s[i] - '0') * (6 - i);
	return sum < 11 ? (11 - sum) % 10 : (11 - sum % 11) % 10;
}

bool
muni_parse(const char *s, size_t bytes, struct muni_code *ret)
{
	if (s == NULL || bytes != 6)
		return false;
	for (size_t i = 0; i < 6; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	if (muni_check_digit(s) != s[5] - '0')
		return false;
	memcpy(ret->s, s, 6);
	ret->s[6] = '\0';
	return true;
}

bool
muni_equal(struct muni_code a, struct muni_code b)
{
	return memcmp(a.s, b.s, sizeof(a.s)) == 0;
}
