/* SPDX-License-Identifier: MIT */
/* The reference model of claims: the spec's sections 3 (installing), 5 (redeeming), 6 (legacy), 7 (reading).
 */
#include "model.h"
#include <errno.h>
#include <string.h>

#define HOST   XEN_DOMCTL_CLAIM_MEMORY_HOST
#define LEGACY XEN_DOMCTL_CLAIM_MEMORY_LEGACY

/* ---- Section 3: a set, in the order of its checks. Results are positive error numbers. ---- */

/* Step 4 for entry I. */
static int check_entry(const struct model *m, const struct model_domain *d,
                       const struct xen_memory_claim *set, unsigned int nr, unsigned int i)
{
    const uint32_t target = set[i].target;
    bool twice = false;

    for (unsigned int j = 0; j < i; j++)
        twice |= set[j].target == target;
    if (set[i].cmd)
        return EINVAL;
    if (target == HOST || target == LEGACY)
        return twice || (target == LEGACY && nr > 1) ? EINVAL : 0;
    if (!is_online(m, target))
        return ENOENT;
    if (twice)
        return EINVAL;
    return set[i].pages + (wide)claimed_on(m, target) > (wide)free_on(m, target) + claimed_by(d, target)
               ? ENOMEM
               : 0;
}

/* Section 6: a legacy claim takes no claim's place, and counts what is owned already. */
static int check_legacy(const struct model *m, const struct model_domain *d, uint64_t pages)
{
    return all_claimed_by(d) || pages <= owned_pages(m, d) || pages > d->max_pages ? EINVAL : 0;
}

static int check_set(const struct model *m, const struct model_domain *d, const struct xen_memory_claim *set,
                     unsigned int nr)
{
    const uint64_t owned = owned_pages(m, d);
    wide sum = 0;
    int err = 0;

    for (unsigned int i = 0; !err && i < nr; i++) {
        err = check_entry(m, d, set, nr, i); /* step 4 */
        sum += set[i].pages;
    }
    if (err || !sum)
        return err; /* all zero: a release, which always succeeds */
    if (set->target == LEGACY) {
        err = check_legacy(m, d, set->pages); /* step 5 */
        sum -= err ? 0 : owned;
    }
    if (err)
        return err;
    if (sum + owned > d->max_pages) /* step 6 */
        return EINVAL;
    return sum + all_claimed(m) > (wide)free_on(m, ANY_NODE) + all_claimed_by(d) ? ENOMEM : 0; /* step 7 */
}

/* A new set replaces what was claimed (section 1). */
static void install(const struct model *m, struct model_domain *d, const struct xen_memory_claim *set,
                    unsigned int nr)
{
    d->nr_claims = 0;
    for (unsigned int i = 0; i < nr; i++) {
        const bool legacy = set[i].target == LEGACY;

        if (set[i].pages)
            d->claim[d->nr_claims++] = (struct model_claim){
                legacy ? HOST : set[i].target, legacy ? set[i].pages - owned_pages(m, d) : set[i].pages};
    }
}

static int set_claims(const struct model *m, struct model_domain *d, const struct xen_memory_claim *set,
                      unsigned int nr)
{
    const int err = check_set(m, d, set, nr);

    if (!err)
        install(m, d, set, nr);
    return err;
}

/* ---- Section 7 ---- */

/* The host-wide record, and one for each node with claims. */
static unsigned int nr_records(const struct model_domain *d)
{
    unsigned int nr = 1;

    for (uint32_t node = 0; node < MAX_NODES; node++)
        nr += claimed_by(d, node) != 0;
    return nr;
}

/* No claim call takes DOMID_SELF. */
static bool claims_target(struct model *m, const char *name, struct model_domain **d)
{
    *d = NULL;
    return !strcmp(name, "self") || line_target(m, name, d);
}

/* Steps 1 to 3 of section 3, for both modes. */
static int claim_call(const struct model *m, struct model_domain *d, const struct args *a)
{
    const uint64_t mode = option_or(a, OPT_MODE, XEN_DOMCTL_CLAIM_MEMORY_SET);
    const uint64_t nr = option_or(a, OPT_NR, a->nr_entries);
    const bool set = mode == XEN_DOMCTL_CLAIM_MEMORY_SET;

    if (given(a, OPT_ARG))
        return EFAULT;
    if (given(a, OPT_VERSION) && a->value[OPT_VERSION])
        return EACCES;
    if (!d)
        return ESRCH;
    if (!set && mode != XEN_DOMCTL_CLAIM_MEMORY_GET)
        return EOPNOTSUPP;
    if (set && nr == 0)
        return EINVAL;
    if (set && nr > MODEL_CLAIMS)
        return E2BIG;
    if (d->dying)
        return ESRCH;
    if (!set && nr < nr_records(d))
        return ERANGE;
    if (given(a, OPT_NULL))
        return EFAULT;
    return set ? set_claims(m, d, a->entries, (unsigned int)nr) : 0;
}

bool model_claim(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct model_domain *d;

    (void)look;
    if (!claims_target(m, a->dom, &d))
        return false;
    r->err = claim_call(m, d, a);
    return true;
}

bool model_claims(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct model_domain *d;

    (void)look;
    if (!claims_target(m, a->dom, &d))
        return false;
    r->counted = true;
    r->count =
        option_or(a, OPT_CAP, MODEL_CLAIMS); /* comes back as it was when the domain is not to be had */
    if (!d || d->dying) {
        r->err = ESRCH;
        return true;
    }
    r->err = r->count < nr_records(d) ? ERANGE : 0;
    r->count = nr_records(d);
    return true;
}

/* Section 6. What is wrong is EINVAL, whatever it is. */
bool model_claim_pages(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    const struct xen_memory_claim entry = {.pages = a->count, .target = LEGACY};
    struct model_domain *d = NULL;

    (void)look;
    if (!claims_target(m, a->dom, &d))
        return false;
    for (unsigned int o = 0; o < NR_OPTIONS; o++)
        if (given(a, (enum option)o) && a->value[o])
            d = NULL;
    r->err = d && !d->dying ? set_claims(m, d, &entry, 1) : EINVAL;
    return true;
}

/* ---- Section 5 ---- */

bool lower_claim(struct model_domain *d, uint32_t target)
{
    for (unsigned int i = 0; i < d->nr_claims; i++)
        if (d->claim[i].target == target && d->claim[i].pages) {
            d->claim[i].pages--;
            return true;
        }
    return false;
}

bool redeem_page(struct model_domain *d, unsigned int node)
{
    bool done = lower_claim(d, node) || lower_claim(d, HOST);

    for (uint32_t other = 0; !done && other < MAX_NODES; other++)
        done = lower_claim(d, other);
    return done;
}
