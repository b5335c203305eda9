/* SPDX-License-Identifier: MIT */
/* What the TAB key adds to a line: the rest of a command's or of a file's name. */
#include "complete.h"
#include "command.h"
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

/* Is word NR behind the command a file? In the pattern files come before what may be left out. */
static bool takes_file(const struct command *cmd, unsigned int nr)
{
    const char *s = cmd ? cmd->spec : "";

    for (; nr; nr--) {
        s += strcspn(s, " ");
        s += strspn(s, " ");
    }
    return strcspn(s, " ") == 4 && !strncmp(s, "file", 4);
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
    else if (takes_file(find_command(words.v[0]), nr - 1))
        consider_files(&c);
    if (c.nr)
        text_add(tail, "%.*s%s", (int)(c.common - strlen(c.typed)), c.first + strlen(c.typed),
                 c.nr == 1 ? " " : "");
}
