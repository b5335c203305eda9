/* SPDX-License-Identifier: MIT */
/* The listing of the hypervisor's locks. */
#include "cmd.h"
#include "table.h"
#include <stdio.h>

#define LOCKS 64U

static void lock_row(struct table *t, const xc_lock_stat_t *l)
{
    char where[20];

    snprintf(where, sizeof(where), "%#lx", (unsigned long)l->where);
    table_text(t, l->name);
    table_number(t, l->taken);
    table_number(t, l->contended);
    table_number(t, l->longest_hold);
    table_number(t, l->longest_wait);
    table_text(t, where);
}

void cmd_locks(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"lock", -16, true},
        {"taken", 12, false},
        {"contended", 12, false},
        {"longest_hold_ns", 15, false},
        {"longest_wait_ns", 15, false},
        {"longest_held_from", -18, true},
    };
    static xc_lock_stat_t locks[LOCKS];
    unsigned int nr = LOCKS;
    struct table t;

    finish(r, xc_lock_stats(xch, &nr, locks, given(a, OPT_RESET)));
    r->needs_debug = r->err == ENOSYS;
    if (r->err)
        return;
    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (unsigned int i = 0; i < nr; i++)
        if (locks[i].taken)
            lock_row(&t, &locks[i]);
}
