/* SPDX-License-Identifier: MIT */
/* Formatted output: into memory everywhere, and to the console in guests. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)

/* %d %i %u %x %X %p %s %c %% with flags "-0+ #", width, precision and hh h l ll z j t; no floating point.
 * Returns the length that the whole text has; at most SIZE bytes are written, always terminated if SIZE is
 * not 0. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Guests only (guest/lib/console.c). getchar waits for a key. */
int printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));
int puts(const char *s);
int putchar(int c);
int getchar(void);
