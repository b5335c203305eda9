/* SPDX-License-Identifier: MIT */
/* Numbers from text: strtoul and its relatives. Too large a number gives the largest one. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

static unsigned int digit_value(char c)
{
    if (isdigit(c))
        return (unsigned int)(c - '0');
    return isalpha(c) ? (unsigned int)(tolower(c) - 'a') + 10 : ~0U;
}

/* "0x" and "0" choose the base if it is 0; "0x" alone is the number 0 followed by an x. */
static const char *skip_prefix(const char *s, int *base)
{
    if ((*base == 0 || *base == 16) && s[0] == '0' && tolower(s[1]) == 'x' && isxdigit(s[2])) {
        *base = 16;
        return s + 2;
    }
    if (*base == 0)
        *base = s[0] == '0' ? 8 : 10;
    return s;
}

unsigned long strtoul(const char *s, char **end, int base)
{
    const char *p = s, *digits;
    unsigned long value = 0;
    bool negative, too_large = false;

    while (isspace(*p))
        p++;
    negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    p = digits = skip_prefix(p, &base);
    for (; digit_value(*p) < (unsigned int)base; p++) {
        too_large |= __builtin_mul_overflow(value, (unsigned long)base, &value);
        too_large |= __builtin_add_overflow(value, digit_value(*p), &value);
    }
    if (end)
        *end = (char *)(unsigned long)(p == digits ? s : p);
    if (too_large)
        return ~0UL;
    return negative ? 0 - value : value;
}

unsigned long long strtoull(const char *s, char **end, int base)
{
    return strtoul(s, end, base);
}

long strtol(const char *s, char **end, int base)
{
    return (long)strtoul(s, end, base);
}
