/* SPDX-License-Identifier: MIT */
/* What the TAB key adds to a line: the rest of the name of a command, a file or a domain. */
#include "complete.h"
#include "builder.h"
#include "lexer.h"
#include "platform.h"
#include <string.h>

/* The names that begin with what was typed. */
struct candidates {
    const char *typed, *first;
    size_t common; /* so far as all are the same */
    unsigned int nr;
};

static void consider(struct candidates *c, const char *name)
{
    size_t n = 0;

    if (!*name || strncmp(name, c->typed, strlen(c->typed)))
        return;
    if (!c->nr++) {
        c->first = name;
        c->common = strlen(name);
    }
    while (n < c->common && name[n] == c->first[n])
        n++;
    c->common = n;
}

static void consider_commands(struct candidates *c)
{
    for (const struct command *cmd = commands; cmd->name; cmd++)
        consider(c, cmd->name);
}

static void consider_files(struct candidates *c)
{
    const char *name;

    for (unsigned int i = 0; (name = platform_file_name(i)); i++)
        consider(c, name);
}

static void consider_domains(struct candidates *c)
{
    const struct known_domain *d;

    for (unsigned int i = 0; (d = known_domain_at(i)); i++)
        if (d->alive)
            consider(c, d->name);
}

/* Word NR behind the command: in the pattern files and domains come before what may be left out. */
static void consider_words(struct candidates *c, const struct command *cmd, unsigned int nr)
{
    const char *s = cmd ? cmd->spec : "";

    for (; nr; nr--) {
        s += strcspn(s, " ");
        s += strspn(s, " ");
    }
    if (!strncmp(s, "file", 4))
        consider_files(c);
    else if (!strncmp(s, "dom", 3))
        consider_domains(c);
}

void complete_line(const char *line, struct text *tail)
{
    static struct tokens words;
    char copy[sizeof(tail->s)] = "";
    struct candidates c = {.typed = ""};

    if (strlen(line) >= sizeof(copy) || strchr(line, '#') || !split_tokens(&words, strcpy(copy, line)))
        return;
    unsigned int nr = words.nr; /* of complete words */
    if (nr && line[strlen(line) - 1] != ' ')
        c.typed = words.v[--nr];
    if (!nr)
        consider_commands(&c);
    else
        consider_words(&c, find_command(words.v[0]), nr - 1);
    if (c.nr)
        text_add(tail, "%.*s%s", (int)(c.common - strlen(c.typed)), c.first + strlen(c.typed),
                 c.nr == 1 ? " " : "");
}
