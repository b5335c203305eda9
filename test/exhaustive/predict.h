/* SPDX-License-Identifier: MIT */
/* Between the files of the model: what a state adds up to, and what each kind of operation must do to it. */
#pragma once

#include "op.h"
#include <string.h>

static inline unsigned long outstanding(const struct sums *s, unsigned int dom)
{
    return s->dom[dom].claims[0] + s->dom[dom].claims[1] + s->dom[dom].host;
}

static inline unsigned long claimed_on(const struct sums *s, unsigned int node)
{
    return s->dom[0].claims[node] + s->dom[1].claims[node];
}

static inline unsigned long claimed(const struct sums *s)
{
    return outstanding(s, 0) + outstanding(s, 1);
}

static inline void release(struct sums *s, unsigned int dom)
{
    memset(s->dom[dom].claims, 0, sizeof(s->dom[dom].claims));
    s->dom[dom].host = 0;
}

int predict_claim(struct sums *s, const struct op *op);
int predict_legacy(struct sums *s, const struct op *op);
int predict_alloc(const struct view *v, const struct op *op, struct sums *s);
int predict_step(const struct view *v, const struct op *op, struct sums *s);
int predict_pool(const struct view *v, const struct op *op, struct sums *s);
void predict_free(const struct view *v, const struct op *op, struct sums *s);
int predict_exchange(const struct view *v, const struct op *op, struct sums *s);
void predict_put(const struct view *v, const struct op *op, struct sums *s);
void empty_pool(const struct view *v, const struct op *op, struct sums *s);
int predict_relinquish(const struct view *v, const struct op *op, struct sums *s);
