/* SPDX-License-Identifier: MIT */
/* Play a scenario for people: comments are told, commands are shown as if typed, and what they say is
 * printed. */
#include "cmd.h"
#include "scenario.h"
#include "shell.h"
#include <string.h>

static void tell(const struct line *l)
{
    const char *s = l->s;
    size_t len = l->len;

    while (len && (*s == ' ' || *s == '#')) {
        s++;
        len--;
    }
    out("%s%.*s\n", len ? "    " : "", (int)len, s);
}

/* How much of the line comes before "=> RESULT". Nothing says that a file ends with a 0. */
static size_t command_length(const char *s, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++)
        if (s[i] == '=' && s[i + 1] == '>')
            len = i;
    while (len && s[len - 1] == ' ')
        len--;
    return len;
}

static bool show(const struct args *a, const struct line *l)
{
    struct outcome r;
    const char *s = l->s;
    size_t len = bare_line(&s, l->len);

    out("%s%.*s\n", SHELL_PROMPT, (int)command_length(s, len), s);
    run_command(a, &r);
    bool expected = outcome_expected(a, &r);
    print_outcome(a, &r);
    if (!expected && !r.needs_debug) {
        struct text what = {0};
        describe_expected(a, &what);
        out("That was not expected: line %u should say %s.\n", l->number, what.s);
    }
    return expected || r.needs_debug;
}

static void chapter(const struct args *a, bool keep_filler)
{
    machine_clean(keep_filler);
    out("\n--- %s%s%s ---\n", a->word, a->title ? " " : "", a->title ? a->title : "");
}

bool play_demo(const struct scenario *s)
{
    static struct args a;
    struct text error = {0};
    struct line l = {0};
    unsigned int nr_tests;
    bool good = check_scenario(s, &nr_tests, &error);

    if (!good)
        out("%s\n", error.s);
    interactive = true;
    while (good && next_line(s, &l)) {
        enum parse_status status = parse_line(&a, l.s, l.len, &error);
        if (status == PARSE_EMPTY)
            tell(&l);
        else if (!strcmp(a.cmd->name, "test"))
            chapter(&a, test_keeps_filler(s, l));
        else
            good = show(&a, &l);
    }
    return good;
}
