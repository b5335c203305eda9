/* SPDX-License-Identifier: MIT */
/* A file of the command language: its lines, and the check before anything runs. */
#include "scenario.h"
#include <string.h>

#define MAX_DECLARED 256

bool next_line(const struct scenario *s, struct line *l)
{
    const char *end = s->text + s->size, *begin = l->number ? l->next : s->text;

    if (begin >= end)
        return false;
    const char *newline = memchr(begin, '\n', (size_t)(end - begin));
    l->s = begin;
    l->len = (size_t)((newline ? newline : end) - begin);
    l->next = newline ? newline + 1 : end;
    l->number++;
    return true;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

size_t bare_line(const char **s, size_t len)
{
    const char *comment = memchr(*s, '#', len);

    if (comment)
        len = (size_t)(comment - *s);
    while (len && blank((*s)[len - 1]))
        len--;
    for (; len && blank(**s); len--)
        (*s)++;
    return len;
}

/* Names that the `domain` and `boot` lines of the current test gave. */
static struct {
    unsigned int nr;
    char name[MAX_DECLARED][MAX_NAME];
} declared;

static bool is_declared(const char *name)
{
    for (unsigned int i = 0; i < declared.nr; i++)
        if (!strcmp(declared.name[i], name))
            return true;
    return false;
}

static bool check_names(const struct args *a, struct text *error)
{
    if (!strcmp(a->cmd->name, "test"))
        declared.nr = 0;
    if (!a->dom || !is_domain_name(a->dom) || is_declared(a->dom))
        return true;
    if (strncmp(a->cmd->spec, "name", 4)) {
        text_add(error, "no domain is called \"%s\" here", a->dom);
        return false;
    }
    if (declared.nr == MAX_DECLARED) {
        text_add(error, "more than %d domains in one test", MAX_DECLARED);
        return false;
    }
    strcpy(declared.name[declared.nr++], a->dom);
    return true;
}

bool check_scenario(const struct scenario *s, unsigned int *nr_tests, struct text *error)
{
    static struct args a;
    struct line l = {0};
    bool stray = false;

    *nr_tests = declared.nr = 0;
    while (next_line(s, &l)) {
        struct text what = {0};
        enum parse_status status = parse_line(&a, l.s, l.len, &what);
        if (status == PARSE_EMPTY)
            continue;
        if (status == PARSE_ERROR || !check_names(&a, &what)) {
            text_add(error, "%s: line %u: %s", s->name, l.number, what.s);
            return false;
        }
        if (!strcmp(a.cmd->name, "test"))
            ++*nr_tests;
        else if (!*nr_tests)
            stray = true;
    }
    *nr_tests += stray; /* lines before the first `test` are a test of their own */
    return true;
}

bool test_keeps_filler(const struct scenario *s, struct line l)
{
    static const char *const harmless[] = {"domain", "max", "affinity", "pause", "unpause", "check"};
    static struct args a;
    struct text what = {0};

    while (next_line(s, &l)) {
        bool known = parse_line(&a, l.s, l.len, &what) == PARSE_EMPTY;
        if (!known && !strcmp(a.cmd->name, "host"))
            return true;
        for (size_t i = 0; !known && i < sizeof(harmless) / sizeof(harmless[0]); i++)
            known = !strcmp(a.cmd->name, harmless[i]);
        if (!known)
            return false;
    }
    return false;
}
