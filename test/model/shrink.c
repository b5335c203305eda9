/* SPDX-License-Identifier: MIT */
/* From a failing sequence of lines to the shortest one: delta debugging on lines, then on words; numbers are
 * in the other file.
 */
#include "shrink_numbers.h"
#include <string.h>

static unsigned int nr_played;

static void play_from(const struct sequence *s, struct model *m, struct verdict *v)
{
    struct played_line p;

    memset(v, 0, sizeof(*v));
    for (unsigned int i = 0; i < s->nr && !v->differs; i++) {
        play_line(m, s->line[i], &p);
        v->differs = p.played == DIFFERS;
        v->visible = p.visible;
        v->at = i;
        v->why = p.why;
    }
}

/* The machine is made for the whole text. */
void play_sequence(const struct sequence *s, struct model *m, struct verdict *v)
{
    static char text[MAX_SEQUENCE * LINE_SIZE];
    size_t len = 0;

    for (unsigned int i = 0; i < s->nr; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", s->line[i]);
    play_begin(m, &(struct scenario){.name = "sequence", .text = text, .size = len}, NODE_PAGES);
    play_from(s, m, v);
    play_end();
    nr_played++;
}

/* The failure may move to an earlier line. */
bool keep_if_failing(struct sequence *s, const struct sequence *try, struct model *m, struct verdict *v)
{
    struct verdict now;

    play_sequence(try, m, &now);
    if (!now.differs || now.visible != v->visible)
        return false;
    *s = *try;
    s->nr = now.at + 1;
    *v = now;
    return true;
}

bool is_host(const char *line)
{
    return !strncmp(line, "host ", 5);
}

/* Without COUNT lines from FIRST on, but never without the `host` line. */
static bool drop_lines(struct sequence *s, unsigned int first, unsigned int count, struct model *m,
                       struct verdict *v)
{
    static struct sequence try;

    try.nr = 0;
    for (unsigned int i = 0; i < s->nr; i++)
        if (i < first || i >= first + count || is_host(s->line[i]))
            strcpy(try.line[try.nr++], s->line[i]);
    return try.nr < s->nr && keep_if_failing(s, &try, m, v);
}

static bool drop_chunks(struct sequence *s, struct model *m, struct verdict *v)
{
    bool any = false;

    for (unsigned int size = s->nr / 2; size; size /= 2)
        for (unsigned int first = 0; first < s->nr;)
            if (drop_lines(s, first, size, m, v))
                any = true;
            else
                first += size;
    return any;
}

/* The line with the LEN characters at AT replaced. */
static bool replace(struct sequence *s, unsigned int i, size_t at, size_t len, const char *by,
                    struct model *m, struct verdict *v)
{
    static struct sequence try;
    const char *old = s->line[i];

    if (len == strlen(by) && !strncmp(old + at, by, len))
        return false;
    try = *s;
    snprintf(try.line[i], LINE_SIZE, "%.*s%s%s", (int)at, old, by, old + at + len);
    return keep_if_failing(s, &try, m, v);
}

/* May the word at AT go? Of a `host` line only the last one of several. */
static bool is_optional(const char *line, size_t at)
{
    return *line != '#' && (!is_host(line) || (!strchr(line + at + 1, ' ') && strchr(line, ' ') < line + at));
}

/* Leave one word out, but never the command. */
static bool drop_words(struct sequence *s, unsigned int i, struct model *m, struct verdict *v)
{
    bool any = false;

    for (size_t at = strlen(s->line[i]); at-- > 0;) {
        size_t len = strcspn(s->line[i] + at + 1, " ");

        if (s->line[i][at] == ' ' && is_optional(s->line[i], at))
            any |= replace(s, i, at, len + 1, "", m, v);
    }
    return any;
}

unsigned int shrink(struct sequence *s, struct model *m, struct verdict *v)
{
    bool any;

    nr_played = 0;
    s->nr = v->at + 1;
    do {
        any = drop_chunks(s, m, v);
        for (unsigned int i = 0; i < s->nr; i++)
            any |= drop_words(s, i, m, v);
        for (unsigned int i = 0; i < s->nr; i++)
            any |= lower_numbers(s, i, m, v);
    } while (any || lower_memory(s, m, v));
    play_sequence(s, m, v);
    return nr_played;
}

void write_scenario(FILE *f, const struct sequence *s, struct model *m, const char *origin)
{
    static char text[MAX_SEQUENCE * LINE_SIZE], state[8192];
    struct played_line p;
    size_t len = 0;

    for (unsigned int i = 0; i < s->nr; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", s->line[i]);
    fprintf(f, "# What the reference model expects; found by %s.\ntest model %s\n", origin, origin);
    play_begin(m, &(struct scenario){.name = "sequence", .text = text, .size = len}, NODE_PAGES);
    p.played = SAME;
    for (unsigned int i = 0; i < s->nr && p.played != DIFFERS; i++) {
        play_line(m, s->line[i], &p);
        if (p.played != MEANINGLESS)
            fprintf(f, "%s\n", p.stated.s);
    }
    write_state(m, state, sizeof(state));
    fprintf(f, "%s", state);
    if (p.played == DIFFERS)
        fprintf(f, "# Seen: %s\n%s", p.why.s, p.visible ? "" : "# No command shows that.\n");
    play_end();
}
