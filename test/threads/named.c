/* SPDX-License-Identifier: MIT */
/* What the named races share: the level, what was free at first, and claims that must be possible. */
#include "named_part.h"

#include "soup.h"

const struct level *level;
struct heap_info at_first;

void must_claim(unsigned int i, unsigned long pages, uint32_t target)
{
    struct xen_memory_claim set = E(pages, target);
    int rc = level->claim(i, 1, &set);

    expect(rc == 0, "a claim of %lu pages of %#x: error %d", pages, target, -rc);
}

unsigned long claim_up_to(struct worker *w, unsigned int i, uint32_t target)
{
    unsigned long pages = 0;

    for (unsigned long step = at_first.avail_pages; step; step /= 2) {
        struct xen_memory_claim set = E(pages + step, target);
        int rc = level->claim(i, 1, &set);

        expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
        rc ? w->refused++ : w->granted++;
        pages += rc ? 0 : step;
    }
    return pages;
}

void open_level(const struct level *l)
{
    level = l;
    l->open();
    heap_info(&at_first);
}

void run_race(const char *what, unsigned int milliseconds)
{
    crew_add("snapshots", snapshots, NULL)->apart = true;
    crew_run(level->name, what, milliseconds);
    level->close();
}

void nothing_to_see(void)
{
}
