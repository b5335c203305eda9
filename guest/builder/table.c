/* SPDX-License-Identifier: MIT */
/* Listings: as an aligned table for people, as one JSON object a line for programs. */
#include "table.h"
#include "input.h"
#include <stdio.h>

void table_begin(struct table *t, bool json, const struct column *columns, unsigned int nr_columns)
{
    *t = (struct table){.json = json, .nr_columns = nr_columns, .columns = columns};
    for (unsigned int i = 0; !json && i < nr_columns; i++) {
        char heading[24];
        snprintf(heading, sizeof(heading), "%s", columns[i].name);
        for (char *c = heading; *c; c++)
            if (*c == '_')
                *c = ' ';
        bool last = i + 1 == nr_columns;
        out("%s%*s%s", i ? "  " : "", last && columns[i].width < 0 ? 0 : columns[i].width, heading,
            last ? "\n" : "");
    }
}

static void cell(struct table *t, const char *s)
{
    if (t->cancelled)
        return;
    const struct column *c = &t->columns[t->next];
    bool last = ++t->next == t->nr_columns;
    const char *quote = c->text ? "\"" : "";

    if (t->json)
        out("%s\"%s\":%s%s%s%s", t->next == 1 ? "{" : ",", c->name, quote, s, quote, last ? "}\n" : "");
    else
        out("%s%*s%s", t->next == 1 ? "" : "  ", last && c->width < 0 ? 0 : c->width, s, last ? "\n" : "");
    if (!last)
        return;
    t->next = 0;
    t->cancelled = input_cancelled();
    if (t->cancelled)
        out("^C\n");
}

void table_number(struct table *t, uint64_t n)
{
    char s[24];

    snprintf(s, sizeof(s), "%lu", (unsigned long)n);
    cell(t, s);
}

void table_text(struct table *t, const char *s)
{
    cell(t, s);
}
