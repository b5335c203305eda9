/* SPDX-License-Identifier: MIT */
/* The end of every part: nothing may be left. */
#include "level.h"

void expect_all_free(void)
{
    struct heap_info info;

    while (heap_scrub_slice(0, 1024))
        ;
    heap_info(&info);
    expect(info.avail_pages == info.total_pages, "%lu pages of %lu are free", info.avail_pages,
           info.total_pages);
    expect(info.claimed_pages == 0 && info.dirty_pages == 0, "%lu are claimed, %lu are dirty",
           info.claimed_pages, info.dirty_pages);
    for (unsigned int n = 0; n < MAX_NUMNODES; n++)
        expect(info.node_avail[n] == info.node_total[n] && info.node_claimed[n] == 0,
               "node %u: %lu pages of %lu are free, %lu claimed", n, info.node_avail[n], info.node_total[n],
               info.node_claimed[n]);
    expect(heap_check(), "an invariant is broken");
}
