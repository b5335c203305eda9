/* SPDX-License-Identifier: MIT */
/* Output, text with a fixed limit, numbers and names of errors. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* From now on every line that is begun with `out` becomes a comment of TAP, or no longer. */
void out_comments(bool on);

/* A line that grows up to its limit; what does not fit is cut off. */
struct text {
    size_t len;
    char s[400];
};
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A whole token as a number, decimal or 0x hexadecimal, at most MAX. */
bool parse_number(const char *s, uint64_t max, uint64_t *n);
/* A size in pages: bytes with the suffix K, M or G, a whole number of pages. */
bool parse_size(const char *s, uint64_t *pages);

/* "ENOMEM" for 12, NULL for what is no error of Xen's; and back, 0 for an unknown name. */
const char *error_name(int err);
int error_number(const char *name);
