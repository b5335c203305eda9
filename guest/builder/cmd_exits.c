/* SPDX-License-Identifier: MIT */
/* The listing of a domain's VM exits. */
#include "cmd.h"
#include "table.h"
#include <stdio.h>

#define EXITS 160U /* more than there are reasons */

/* AMD64 APM volume 2, appendix C: those that Allod intercepts. */
static const struct {
    uint32_t code;
    const char *name;
} names[] = {
    {0x04, "read CR4"},
    {0x14, "write CR4"},
    {0x41, "#DB"},
    {0x51, "#AC"},
    {0x52, "#MC"},
    {0x60, "interrupt"},
    {0x61, "NMI"},
    {0x64, "interrupt window"},
    {0x65, "write CR0"},
    {0x6f, "RDPMC"},
    {0x72, "CPUID"},
    {0x76, "INVD"},
    {0x78, "HLT"},
    {0x7b, "port"},
    {0x7c, "MSR"},
    {0x7f, "shutdown"},
    {0x81, "hypercall"},
    {0x87, "RDTSCP"},
    {0x89, "WBINVD"},
    {0x8d, "XSETBV"},
    {0x400, "nested page fault"},
};

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
