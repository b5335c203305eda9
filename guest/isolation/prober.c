/* SPDX-License-Identifier: MIT */
/* The prober's order of work, and the calls of the table that it must not make. */
#include "isolation.h"
#include <errno.h>
#include <stdio.h>

/* Privileged calls are refused whatever domain they name, whether it is there or not, the caller's own too.
 */
static void probe_privileged(const struct row *r, domid_t holder_domid)
{
    const domid_t ids[] = {holder_domid, 0, NOBODY, DOMID_SELF, DOMID_XEN, DOMID_IO, DOMID_INVALID};
    struct xen_domctl reply;
    int64_t result = -EPERM;
    char what[80];

    for (unsigned int i = 0; i < ARRAY_SIZE(ids) && result == -EPERM; i++)
        result = row_call(r, ids[i], &reply);
    snprintf(what, sizeof(what), "%s is refused", r->name);
    case_equal(role, what, -EPERM, result);
}

/* So are calls about others where a domain may ask about itself. */
static void probe_target(const struct row *r, domid_t holder_domid)
{
    const domid_t ids[] = {holder_domid, 0, NOBODY, DOMID_XEN, DOMID_IO, DOMID_INVALID};
    int64_t expected = r->counts ? 0 : -EPERM, result = expected;
    struct xen_domctl reply;
    char what[80];

    for (unsigned int i = 0; i < ARRAY_SIZE(ids) && result == expected; i++)
        result = row_call(r, ids[i], &reply);
    snprintf(what, sizeof(what), "%s is refused for others", r->name);
    case_equal(role, what, expected, result);
}

void probe_privilege(domid_t holder_domid)
{
    for (unsigned int i = 0; i < nr_rows; i++) {
        if (rows[i].who == HC_PRIVILEGED)
            probe_privileged(&rows[i], holder_domid);
        if (rows[i].who == HC_TARGET)
            probe_target(&rows[i], holder_domid);
    }
}

int prober(domid_t holder_domid)
{
    int failed;

    search_by_exchange("while the holder has its secret");
    probe_privilege(holder_domid);
    probe_mappings(holder_domid);
    probe_exchange(holder_domid);
    probe_addresses();
    search("while the holder has its secret");
    search("after it has written to all of it");
    stage_reached(1);
    wait_for_word(1);
    search_by_exchange("after the holder's end");
    search("after the holder's end");
    failed = cases_end();
    stage_reached(2);
    wait_for_word(2);
    return failed;
}
