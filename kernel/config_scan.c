/* SPDX-License-Identifier: MIT */
/* Cutting allod.cfg's lines and the command line into settings. */
#include "config_keys.h"
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip(struct slice *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static void skip_blanks(struct slice *s)
{
    while (s->n && is_blank(*s->p))
        skip(s, 1);
}

bool scan_blanks(struct slice *rest, enum scan_style style)
{
    skip_blanks(rest);
    return rest->n && !(style == SCAN_FILE && *rest->p == '#');
}

/* Does an unquoted value end at offset I? */
static bool value_ends(struct slice s, size_t i, enum scan_style style)
{
    if (i == s.n || s.p[i] == '\t')
        return true;
    if (s.p[i] != ' ')
        return false;
    return style == SCAN_COMMAND_LINE || i + 1 == s.n || is_blank(s.p[i + 1]) || s.p[i + 1] == '#';
}

static const char *scan_quoted(struct slice *rest, struct slice *value)
{
    const char *close;

    skip(rest, 1);
    close = memchr(rest->p, '"', rest->n);
    *value = (struct slice){rest->p, close ? (size_t)(close - rest->p) : rest->n};
    skip(rest, value->n + (close ? 1 : 0));
    if (!close)
        return "a closing \"";
    return rest->n && !is_blank(*rest->p) ? "a blank behind the closing \"" : NULL;
}

static const char *scan_plain(struct slice *rest, enum scan_style style, struct slice *value)
{
    *value = (struct slice){rest->p, 0};
    while (!value_ends(*rest, value->n, style))
        value->n++;
    skip(rest, value->n);
    if (value->n == 0 || (style == SCAN_FILE && *value->p == '#'))
        return "a value behind \"=\", such as \"\"";
    if (style == SCAN_FILE && memchr(value->p, '=', value->n))
        return "two blanks between settings, or quotes around the value";
    if (memchr(value->p, '"', value->n))
        return "quotes around the whole value";
    return NULL;
}

static const char *scan_parts(struct slice *rest, enum scan_style style, struct setting *out)
{
    out->name = (struct slice){rest->p, 0};
    while (out->name.n < rest->n && !is_blank(rest->p[out->name.n]) && rest->p[out->name.n] != '=')
        out->name.n++;
    skip(rest, out->name.n);
    if (style == SCAN_FILE)
        skip_blanks(rest);
    if (!rest->n || *rest->p != '=')
        return style == SCAN_FILE ? "key = value" : "key=value";
    skip(rest, 1);
    if (style == SCAN_FILE)
        skip_blanks(rest);
    return rest->n && *rest->p == '"' ? scan_quoted(rest, &out->value) : scan_plain(rest, style, &out->value);
}

const char *scan_setting(struct slice *rest, enum scan_style style, struct setting *out)
{
    const char *start = rest->p;
    const char *expected = scan_parts(rest, style, out);

    out->all = (struct slice){start, (size_t)(rest->p - start)};
    return expected;
}
