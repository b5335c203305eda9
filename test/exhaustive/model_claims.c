/* SPDX-License-Identifier: MIT */
/* Claims as docs/claims.md has them, sections 3 and 6, in the simplest words. */
#include "predict.h"

#include "error.h"

#define HOST   XEN_DOMCTL_CLAIM_MEMORY_HOST
#define LEGACY XEN_DOMCTL_CLAIM_MEMORY_LEGACY

typedef unsigned __int128 wide;

/* ---- Claims: sections 3 and 6 ---- */

static int predict_entry(const struct sums *s, const struct op *op, unsigned int i)
{
    const memory_claim_t *e = &op->set[i];
    const bool same = i && op->set[0].target == e->target;

    if (e->cmd || (e->target == LEGACY && op->nr > 1))
        return -EINVAL;
    if (e->target == HOST || e->target == LEGACY)
        return same ? -EINVAL : 0;
    if (e->target >= NODES)
        return -ENOENT;
    if (same)
        return -EINVAL;
    if ((wide)e->pages + claimed_on(s, e->target) >
        (wide)s->free[e->target] + s->dom[op->dom].claims[e->target])
        return -ENOMEM;
    return 0;
}

static int predict_sum(const struct sums *s, const struct op *op, wide sum)
{
    const unsigned long tot = s->dom[op->dom].tot, own = outstanding(s, op->dom);

    if (!sum)
        return 0;
    if (op->set[0].target == LEGACY) {
        if (own || op->set[0].pages <= tot)
            return -EINVAL;
        sum -= tot;
    }
    if (sum + tot > s->dom[op->dom].max)
        return -EINVAL;
    return sum + claimed(s) > (wide)s->free[0] + s->free[1] + own ? -ENOMEM : 0;
}

int predict_claim(struct sums *s, const struct op *op)
{
    wide sum = 0;
    int rc = s->dom[op->dom].dying ? -ESRCH : 0;

    for (unsigned int i = 0; !rc && i < op->nr; i++) {
        rc = predict_entry(s, op, i);
        sum += op->set[i].pages;
    }
    if (!rc)
        rc = predict_sum(s, op, sum);
    if (rc)
        return rc;
    release(s, op->dom);
    for (unsigned int i = 0; i < op->nr; i++) {
        const memory_claim_t *e = &op->set[i];

        if (e->target < NODES)
            s->dom[op->dom].claims[e->target] = e->pages;
        else
            s->dom[op->dom].host =
                e->target == LEGACY && e->pages ? e->pages - s->dom[op->dom].tot : e->pages;
    }
    return 0;
}

int predict_legacy(struct sums *s, const struct op *op)
{
    struct op as_set = *op;
    int rc;

    as_set.nr = 1;
    as_set.set[0] = (memory_claim_t){op->value, LEGACY, 0};
    rc = predict_claim(s, &as_set);
    return rc == -ESRCH ? -EINVAL : rc;
}
