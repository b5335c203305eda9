/* SPDX-License-Identifier: MIT */
/* Find the file names in allod.cfg and on the command line: the values of image= and modules=. The hypervisor
 * parses both strictly later; here a mistake only means that a name is not found. */
#include "loader.h"

/* What is left to read: [at, end). */
struct scan {
    const char *at, *end;
    int is_cmdline; /* one blank ends a value there, in the file it takes two */
};

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static int more(const struct scan *s)
{
    return s->at < s->end && *s->at && *s->at != '\n';
}

static void skip_blanks(struct scan *s)
{
    while (more(s) && is_blank(*s->at))
        s->at++;
}

static void skip_line(struct scan *s)
{
    while (more(s))
        s->at++;
}

/* Does the value end here? */
static int value_ends(const struct scan *s)
{
    char next = s->at + 1 < s->end ? s->at[1] : 0;

    if (!is_blank(*s->at))
        return 0;
    return s->is_cmdline || *s->at == '\t' || is_blank(next) || next == '#' || next == '\n' || !next;
}

static uint64_t read_value(struct scan *s, const char **value)
{
    uint64_t len;

    skip_blanks(s);
    if (more(s) && *s->at == '"') {
        *value = ++s->at;
        while (more(s) && *s->at != '"')
            s->at++;
        len = (uint64_t)(s->at - *value);
        s->at += more(s) ? 1 : 0;
        return len;
    }
    *value = s->at;
    while (more(s) && !value_ends(s))
        s->at++;
    return (uint64_t)(s->at - *value);
}

/* KEY, or NAME.KEY. */
static int key_is(const char *text, uint64_t len, const char *key)
{
    uint64_t n = strlen(key);

    return len >= n && !memcmp(text + len - n, key, n) && (len == n || text[len - n - 1] == '.');
}

static void split_names(const char *value, uint64_t len, void (*found)(const char *name, uint64_t len))
{
    for (uint64_t i = 0, start; i < len; i++) {
        for (start = i; i < len && !is_blank(value[i]);)
            i++;
        if (i > start)
            found(value + start, i - start);
    }
}

/* One "key = value". */
static void scan_pair(struct scan *s, void (*found)(const char *name, uint64_t len))
{
    const char *key = s->at, *value;
    uint64_t key_len, len;

    while (more(s) && *s->at != '=' && !is_blank(*s->at))
        s->at++;
    key_len = (uint64_t)(s->at - key);
    skip_blanks(s);
    if (!more(s) || *s->at != '=')
        return;
    s->at++;
    len = read_value(s, &value);
    if (key_is(key, key_len, "image") || key_is(key, key_len, "modules"))
        split_names(value, len, found);
}

void scan_names(const char *text, uint64_t size, int is_cmdline,
                void (*found)(const char *name, uint64_t len))
{
    struct scan s = {text, text + size, is_cmdline};

    while (s.at < s.end && *s.at) {
        skip_blanks(&s);
        if (!more(&s))
            s.at++;
        else if (!is_cmdline && (*s.at == '#' || *s.at == '['))
            skip_line(&s);
        else
            scan_pair(&s, found);
    }
}
