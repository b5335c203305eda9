/* SPDX-License-Identifier: MIT */
/* Smaller numbers in a failing sequence. */
#include "shrink_numbers.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- Numbers ---- */

/* Does a number begin at AT? Not in names. */
static bool is_number(const char *line, size_t at)
{
    return at && isdigit((unsigned char)line[at]) && strchr(" :=,+/", line[at - 1]);
}

/* Make the number at AT in line I less by BY. */
static bool lower_by(struct sequence *s, unsigned int i, size_t at, uint64_t by)
{
    char old[LINE_SIZE], digits[24] = "";
    size_t len = strspn(s->line[i] + at, "0123456789");
    uint64_t n = 0;

    strcpy(old, s->line[i]);
    if (len >= sizeof(digits))
        return false;
    memcpy(digits, old + at, len);
    if (!parse_number(digits, UINT64_MAX, &n) || !by || n < by)
        return false;
    snprintf(s->line[i], LINE_SIZE, "%.*s%lu%s", (int)at, old, n - by, old + at + len);
    return true;
}

static uint64_t number_at(const char *line, size_t at)
{
    return strtoull(line + at, NULL, 10);
}

/* 0, 1, the half, one less. */
static bool lower_number(struct sequence *s, unsigned int i, size_t at, struct model *m, struct verdict *v)
{
    static struct sequence try;
    const uint64_t n = number_at(s->line[i], at), by[] = {n, n - 1, n - n / 2, 1};

    for (unsigned int way = 0; n && way < sizeof(by) / sizeof(by[0]); way++) {
        try = *s;
        if (lower_by(&try, i, at, by[way]) && keep_if_failing(s, &try, m, v))
            return true;
    }
    return false;
}

bool lower_numbers(struct sequence *s, unsigned int i, struct model *m, struct verdict *v)
{
    bool any = false;

    for (size_t at = 1; i < s->nr && at < strlen(s->line[i]); at++)
        while (i < s->nr && is_number(s->line[i], at) && lower_number(s, i, at, m, v))
            any = true;
    return any;
}

/* ---- Less memory, and at the same time a line less or a number lowered alike ---- */

#define MOST_BY 16 /* pages that are taken away together with a line */

static bool drop_with_memory(struct sequence *s, unsigned int host, size_t at, struct model *m,
                             struct verdict *v)
{
    static struct sequence try;

    for (unsigned int i = host + 1; i < s->nr; i++)
        for (uint64_t by = 1; by <= MOST_BY; by++) {
            try = *s;
            if (!lower_by(&try, host, at, by))
                break;
            memmove(try.line[i], try.line[i + 1], (try.nr-- - i - 1) * sizeof(try.line[0]));
            if (keep_if_failing(s, &try, m, v))
                return true;
        }
    return false;
}

static bool lower_with_memory(struct sequence *s, unsigned int host, size_t at, struct model *m,
                              struct verdict *v)
{
    static struct sequence try;

    for (unsigned int i = host + 1; i < s->nr; i++)
        for (size_t other = 1; other < strlen(s->line[i]); other++)
            for (uint64_t by = number_at(s->line[i], other) / 2 + 1; is_number(s->line[i], other) && by;
                 by /= 2) {
                try = *s;
                if (lower_by(&try, host, at, by) && lower_by(&try, i, other, by) &&
                    keep_if_failing(s, &try, m, v))
                    return true;
            }
    return false;
}

bool lower_memory(struct sequence *s, struct model *m, struct verdict *v)
{
    unsigned int host = 0;
    bool any = false;

    while (!is_host(s->line[host]))
        host++;
    for (size_t at = 1; at < strlen(s->line[host]); at++)
        while (is_number(s->line[host], at) &&
               (drop_with_memory(s, host, at, m, v) || lower_with_memory(s, host, at, m, v)))
            any = true;
    return any;
}
