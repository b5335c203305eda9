/* SPDX-License-Identifier: MIT */
/* Cases of the xenstore ring: what the builder decides; here the guest for itself. */
#include "xs.h"
#include <stdlib.h>

static void set_target(unsigned long kib, bool told)
{
    event_clear(xs_port);
    expect_equal("max_mem", xc_domain_setmaxmem(NULL, 0, kib), 0);
    expect_equal("an event", event_clear(xs_port), told);
}

/* All that lies above the node is told of it, by the name that the watch began with. */
static void check_target(void)
{
    unsigned long kib;
    char text[24];

    if (!xs_find())
        return;
    kib = strtoul(xs_answer_to("memory/target|"), NULL, 10);
    for (const char *const *w =
             (const char *const[]){"memory/target|t|", "memory|m|", "name|n|", "memory/tar|x|",
                                   "/local/domain/0/memory/target|a|", "/local|l|", "/|r|",
                                   "/local/domain/1/memory/target|b|", NULL};
         *w; w++)
        xs_watch(*w);
    set_target(kib + 8, true);
    xs_event("memory/target|t|");
    xs_event("memory/target|m|");
    xs_event("/local/domain/0/memory/target|a|");
    xs_event("/local/domain/0/memory/target|l|");
    xs_event("/local/domain/0/memory/target|r|");
    xs_event("");
    snprintf(text, sizeof(text), "%lu", kib + 8);
    xs_expect(XS_READ, "memory/target|", text);
    set_target(kib + 8, false);
    xs_event("");
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
    set_target(kib, false);
    xs_event("");
}

/* More events than there is room for come one after the other, and those of a removed watch do not. */
static void check_target_crowd(void)
{
    char text[112];
    unsigned long kib;

    if (!xs_find())
        return;
    kib = strtoul(xs_answer_to("memory/target|"), NULL, 10);
    memset(text, 'x', sizeof(text));
    memcpy(text, "memory/target|", 14);
    text[110] = '|';
    text[111] = 0;
    for (unsigned int i = 0; i < 16; i++) {
        text[14] = (char)('a' + i);
        xs_watch(text);
    }
    set_target(kib + 8, true);
    for (unsigned int i = 0; i < 16; i++) {
        text[14] = (char)('a' + i);
        xs_event(text);
    }
    xs_event("");
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
    set_target(kib, false);
}

const struct guest_case target_cases[] = {
    {"who watches is told", check_target},
    {"many are", check_target_crowd},
    {NULL, NULL},
};
