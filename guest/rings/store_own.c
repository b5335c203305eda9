/* SPDX-License-Identifier: MIT */
/* Cases of the xenstore ring: the nodes that are the domain's to write. */
#include "xs.h"

/* What Xen's tools make the domain's own. */
static void check_own(void)
{
    char text[40];

    if (!xs_find())
        return;
    xs_expect(XS_DIRECTORY, "control|",
              "feature-poweroff|feature-reboot|feature-s3|feature-s4|feature-suspend|shutdown|sysrq|");
    xs_expect(XS_GET_PERMS, "control/feature-poweroff|", "n0|");
    for (const char *const *w = (const char *const[]){"1", "0", "", NULL}; *w; w++) {
        snprintf(text, sizeof(text), "control/feature-reboot|%s", *w);
        xs_expect(XS_WRITE, text, "OK|");
        xs_expect(XS_READ, "/local/domain/0/control/feature-reboot|", *w);
        xs_expect(XS_READ, "control/feature-poweroff|", "");
    }
    for (const char *const *w = (const char *const[]){"2", "10", "1|", "yes", NULL}; *w; w++) {
        snprintf(text, sizeof(text), "control/feature-s3|%s", *w);
        xs_error(XS_WRITE, text, "EINVAL|");
    }
    xs_expect(XS_READ, "control/feature-s3|", "");
    xs_expect(XS_WRITE, "control/shutdown|", "OK|");
    xs_error(XS_WRITE, "control/shutdown|1", "EINVAL|");
    xs_expect(XS_WRITE, "control/sysrq|", "OK|");
    xs_error(XS_WRITE, "control/feature-new|1", "EACCES|");
    xs_error(XS_RM, "control/shutdown|", "EACCES|");
}

/* Who watches a node is told when it is written. */
static void check_own_watched(void)
{
    if (!xs_find())
        return;
    xs_watch("control|all|");
    xs_watch("control/shutdown|one|");
    xs_expect(XS_WRITE, "control/feature-s4|1", "OK|");
    xs_event("control/feature-s4|all|");
    xs_expect(XS_WRITE, "control/shutdown|", "OK|");
    xs_event("control/shutdown|all|");
    xs_event("control/shutdown|one|");
    xs_error(XS_WRITE, "control/feature-s4|x", "EINVAL|");
    xs_event("");
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
    xs_expect(XS_WRITE, "control/feature-s4|", "OK|");
    xs_event("");
}

/* What is written in a transaction is seen by it alone until it ends well; it fails when something else was
 * written meanwhile. */
static void check_own_in_transactions(void)
{
    if (!xs_find())
        return;
    xs_watch("control|w|");
    for (unsigned int i = 1; i <= 3; i++) {
        xs_request(XS_TRANSACTION_START, 0, "|", sizeof(xs_ring->req));
        xs_message();
    }
    xs_expect_in(XS_WRITE, 1, "control/feature-suspend|1", XS_WRITE, "OK|");
    xs_expect_in(XS_WRITE, 2, "control/feature-suspend|0", XS_WRITE, "OK|");
    xs_expect_in(XS_READ, 1, "control/feature-suspend|", XS_READ, "1");
    xs_expect_in(XS_READ, 2, "control/feature-suspend|", XS_READ, "0");
    xs_expect_in(XS_READ, 3, "control/feature-suspend|", XS_READ, "");
    xs_expect(XS_READ, "control/feature-suspend|", "");
    xs_expect_in(XS_TRANSACTION_END, 1, "F|", XS_TRANSACTION_END, "OK|");
    xs_expect(XS_READ, "control/feature-suspend|", "");
    xs_event("");
    xs_expect_in(XS_TRANSACTION_END, 2, "T|", XS_TRANSACTION_END, "OK|");
    xs_event("control/feature-suspend|w|");
    xs_expect(XS_READ, "control/feature-suspend|", "0");
    xs_expect_in(XS_TRANSACTION_END, 3, "T|", XS_ERROR, "EAGAIN|");
    xs_expect_in(XS_TRANSACTION_END, 3, "F|", XS_ERROR, "ENOENT|");
    xs_expect(XS_TRANSACTION_START, "|", "1|");
    xs_expect_in(XS_READ, 1, "control/feature-suspend|", XS_READ, "0");
    xs_expect_in(XS_TRANSACTION_END, 1, "T|", XS_TRANSACTION_END, "OK|");
    xs_event("");
    xs_expect(XS_RESET_WATCHES, "|", "OK|");
}

const struct guest_case own_cases[] = {
    {"they are written and read", check_own},
    {"who watches them is told", check_own_watched},
    {"transactions", check_own_in_transactions},
    {NULL, NULL},
};
