/* SPDX-License-Identifier: MIT */
/* Output, text with a fixed limit, numbers and names of errors. */
#include "text.h"
#include "platform.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool comments, inside_line;

void out_comments(bool on)
{
    comments = on;
}

static void write_commented(const char *s, size_t n)
{
    for (size_t len; n; s += len, n -= len) {
        const char *newline = memchr(s, '\n', n);
        len = newline ? (size_t)(newline - s) + 1 : n;
        if (!inside_line)
            platform_write("# ", 2);
        platform_write(s, len);
        inside_line = !newline;
    }
}

void out(const char *fmt, ...)
{
    char buf[1024];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(buf, sizeof(buf), fmt, args);
    va_end(args);
    size_t len = n < (int)sizeof(buf) ? (size_t)n : sizeof(buf) - 1;
    if (comments)
        write_commented(buf, len);
    else
        platform_write(buf, len);
}

void text_add(struct text *t, const char *fmt, ...)
{
    size_t room = sizeof(t->s) - t->len;
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(t->s + t->len, room, fmt, args);
    va_end(args);
    t->len += (size_t)n < room ? (size_t)n : room - 1;
}

static int digit_value(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

bool parse_number(const char *s, uint64_t max, uint64_t *n)
{
    unsigned int base = 10;
    uint64_t value = 0;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    if (!*s)
        return false;
    for (; *s; s++) {
        int digit = digit_value(*s);
        if (digit < 0 || (unsigned int)digit >= base || value > (UINT64_MAX - (unsigned int)digit) / base)
            return false;
        value = value * base + (unsigned int)digit;
    }
    *n = value;
    return value <= max;
}

bool parse_size(const char *s, uint64_t *pages)
{
    static const char suffixes[] = "KMG";
    char digits[24];
    size_t len = strlen(s);
    const char *suffix = len ? strchr(suffixes, toupper((unsigned char)s[len - 1])) : NULL;
    uint64_t n;

    if (!suffix || !*suffix || len > sizeof(digits))
        return false;
    memcpy(digits, s, len - 1);
    digits[len - 1] = 0;
    unsigned int shift = 10 * (unsigned int)(suffix - suffixes + 1);
    if (!parse_number(digits, UINT64_MAX >> shift, &n) || (n << shift) % 4096)
        return false;
    *pages = (n << shift) / 4096;
    return true;
}

static const struct {
    const char *name;
    int number;
} errors[] = {
#define XEN_ERRNO(name, value) {#name, value},
#include <xen/errno.h>
};

const char *error_name(int err)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].number == err)
            return errors[i].name;
    return NULL;
}

int error_number(const char *name)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (!strcmp(errors[i].name, name))
            return errors[i].number;
    return 0;
}
