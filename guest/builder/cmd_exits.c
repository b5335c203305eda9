/* SPDX-License-Identifier: MIT */
/* The listing of a domain's VM exits. */
#include "cmd.h"
#include "table.h"
#include <public/exits.h>
#include <stdio.h>

#define EXITS                       160U /* more than there are reasons */

#define NAME_OF(reason, code, name) {code, name},
static const struct {
    uint32_t code;
    const char *name;
} names[] = {ALLOD_EXIT_REASONS(NAME_OF)};

static const char *exit_name(uint32_t code)
{
    static char number[16];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].code == code)
            return names[i].name;
    snprintf(number, sizeof(number), "%#x", code);
    return code == ~0U ? "others" : number;
}

void cmd_exits(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {{"exit", -18, true}, {"count", 12, false}};
    static xc_exit_stat_t exits[EXITS];
    unsigned int nr = EXITS;
    uint64_t all = 0;
    struct table t;
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    finish(r, xc_exit_stats(xch, domid, &nr, exits));
    if (r->err)
        return;
    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (unsigned int i = 0; i < nr; i++) {
        table_text(&t, exit_name(exits[i].code));
        table_number(&t, exits[i].count);
        all += exits[i].count;
    }
    table_text(&t, "all");
    table_number(&t, all);
}
