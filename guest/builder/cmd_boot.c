/* SPDX-License-Identifier: MIT */
/* `boot`: build a domain from one of the builder's files, under claims, and start it. */
#include "cmd.h"
#include "platform.h"
#include <string.h>

#define DEFAULT_MEMORY (64UL << 8) /* pages */
#define WAIT_TICKS     1000U       /* of 10 ms at most */

/* The nodes that the claim set names are where memory is looked for first. */
static uint64_t claimed_nodes(const struct args *a)
{
    uint64_t nodes = 0;

    for (unsigned int i = 0; i < a->nr_entries; i++)
        if (a->entries[i].target < MAX_NODES)
            nodes |= 1UL << a->entries[i].target;
    return nodes;
}

void no_file(const char *name, struct outcome *r)
{
    const char *other;

    text_add(&r->why, "no file \"%s\" here", name);
    for (unsigned int i = 0; (other = platform_file_name(i)); i++)
        text_add(&r->why, "%s%s", i ? ", " : "; there are ", other);
}

static void wait_for_end(uint32_t domid, struct outcome *r)
{
    xc_domaininfo_t info;

    for (unsigned int i = 0; i < WAIT_TICKS; i++) {
        if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid)
            return;
        if (info.flags & XEN_DOMINF_shutdown) {
            unsigned int reason = info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
            if (reason != SHUTDOWN_poweroff)
                text_add(&r->why, "it ended with shutdown code %u", reason);
            return;
        }
        if (!platform_run_others())
            return;
    }
    text_add(&r->why, "it has not ended after %u ticks", WAIT_TICKS);
}

void cmd_boot(const struct args *a, struct outcome *r)
{
    struct known_domain *d = adopt_domain(a->dom);
    size_t size = 0;
    const char *image = platform_load(a->word, &size);
    struct guest_build_module initrd = {.name = a->initrd};
    struct guest_build_config config = {
        .name = a->dom,
        .image = image,
        .image_size = size,
        .cmdline = a->title,
        .modules = &initrd,
        .pages = option_or(a, OPT_MEM, DEFAULT_MEMORY),
        .vcpus = (unsigned int)option_or(a, OPT_VCPUS, 1),
        .nr_claims = a->nr_entries,
        .claims = a->entries,
        .affinity = claimed_nodes(a),
        .vnuma = given(a, OPT_VNUMA),
    };
    struct xen_memory_claim anywhere = {config.pages, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0};
    char error[240] = "";

    if (!config.nr_claims) {
        config.nr_claims = 1;
        config.claims = &anywhere;
    }
    if (!d) {
        r->err = EEXIST;
        return;
    }
    if (a->initrd) {
        initrd.data = platform_load(a->initrd, &initrd.size);
        config.nr_modules = 1;
    }
    if (!image || (a->initrd && !initrd.data))
        no_file(image ? a->initrd : a->word, r);
    else if (platform_build(&config, &d->domid, error, sizeof(error)))
        text_add(&r->why, "%s: %s", a->word, error);
    d->alive = !r->why.len;
    if (!d->alive) {
        d->name[0] = 0;
        return;
    }
    out("%s is domain %u\n", d->name, d->domid);
    finish(r, xc_domain_unpause(xch, d->domid));
    if (!r->err && given(a, OPT_WAIT))
        wait_for_end(d->domid, r);
}
