/* SPDX-License-Identifier: MIT */
/* The functions of <string.h> on strings. */
#include <stdint.h>
#include <string.h>

/* C's signatures give back a writable pointer into a constant string. */
static char *writable(const char *s)
{
    return (char *)(uintptr_t)s;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            break;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (!*s)
            return NULL;
    }
    return writable(s);
}

char *strrchr(const char *s, int c)
{
    const char *last = NULL;

    do {
        if (*s == (char)c)
            last = s;
    } while (*s++);
    return writable(last);
}

char *strstr(const char *s, const char *part)
{
    size_t n = strlen(part);

    for (;; s++) {
        if (!strncmp(s, part, n))
            return writable(s);
        if (!*s)
            return NULL;
    }
}

/* How many characters from S on are all in SET (INSIDE) or all outside of it. */
static size_t span(const char *s, const char *set, int inside)
{
    size_t n = 0;

    while (s[n] && (strchr(set, s[n]) != NULL) == inside)
        n++;
    return n;
}

size_t strspn(const char *s, const char *set)
{
    return span(s, set, 1);
}

size_t strcspn(const char *s, const char *set)
{
    return span(s, set, 0);
}

char *strcpy(char *dst, const char *src)
{
    memcpy(dst, src, strlen(src) + 1);
    return dst;
}

char *strncpy(char *dst, const char *src, size_t n)
{
    size_t len = strnlen(src, n);

    memcpy(dst, src, len);
    memset(dst + len, 0, n - len);
    return dst;
}

char *strcat(char *dst, const char *src)
{
    strcpy(dst + strlen(dst), src);
    return dst;
}

char *strtok_r(char *s, const char *separators, char **rest)
{
    char *token = s ? s : *rest;

    token += strspn(token, separators);
    *rest = token + strcspn(token, separators);
    if (*rest == token)
        return NULL;
    if (**rest)
        *(*rest)++ = '\0';
    return token;
}
