/* SPDX-License-Identifier: MIT */
/* Plausible values for fields, by kind. */
#include "fields.h"
#include "hyperfuzz.h"
#include <guest_build.h>
#include <string.h>

#define LIST   40UL /* entries of a list */
#define FRAMES (1UL << 17)

static domid_t domain;
static unsigned int order;
static bool privileged_caller;
static uint64_t frame;

void shape_choose(bool privileged)
{
    privileged_caller = privileged;
    domain = random_domain(privileged);
    order = one_in(3) ? (unsigned int)random_below(one_in(8) ? 64 : 11) : 0;
}

domid_t shape_domain(void)
{
    return domain;
}

/* Aligned to the order, among the first 32 MiB, or far away. */
static uint64_t some_gfn(void)
{
    uint64_t gfn = one_in(12) ? random_number() : random_below(8192);

    return order < 64 ? gfn >> order << order : gfn;
}

static uint64_t mapping_gfn(void)
{
    uint64_t gfn = 0;

    if (one_in(12))
        return random_number();
    mapping_frame((unsigned int)random_below(one_in(2) ? 64 : 8192), &gfn);
    return gfn;
}

static uint64_t place_gfns(bool compat, uint64_t (*choose)(void))
{
    uint64_t list[LIST], first = choose();

    for (uint64_t i = 0; i < LIST; i++)
        list[i] = one_in(16) ? choose() : first + (order < 64 ? i << order : i);
    return layout_place_words(compat, list, LIST);
}

static uint64_t place_claims(void)
{
    struct xen_memory_claim claims[LIST / 4];

    for (unsigned int i = 0; i < ARRAY_SIZE(claims); i++)
        claims[i] = (struct xen_memory_claim){one_in(8) ? random_number() : random_below(4096),
                                              one_in(8) ? (uint32_t)random_number() : i,
                                              one_in(16) ? (uint32_t)random_number() : 0};
    if (one_in(3))
        claims[random_below(3)].target = XEN_DOMCTL_CLAIM_MEMORY_HOST;
    if (one_in(8))
        claims[0].target = XEN_DOMCTL_CLAIM_MEMORY_LEGACY;
    return space_place(claims, sizeof(claims));
}

static uint64_t place_zeroes(void)
{
    static const uint8_t zeroes[256];

    return space_place(zeroes, sizeof(zeroes));
}

/* A state as builders give it; now and then a word of it is another one. */
static uint64_t place_context(void)
{
    struct guest_start_state c;
    uint64_t words[sizeof(c) / 8];

    guest_start_state_init(&c, 0, 0);
    memcpy(words, &c, sizeof(words));
    while (one_in(3))
        words[random_below(ARRAY_SIZE(words))] = random_number();
    memcpy(&c, words, sizeof(words));
    return space_place(&c, sizeof(c));
}

/* Nodes of the machine and some that it has not. */
static unsigned int memflags(void)
{
    unsigned int node = (unsigned int)random_below(one_in(4) ? 256 : 3);

    if (one_in(2))
        return 0;
    return one_in(2) ? XENMEMF_node(node) : XENMEMF_exact_node(node);
}

static uint64_t next_frame(bool behind)
{
    if (!behind)
        frame = random_below(FRAMES);
    return behind ? frame + random_below(8) : frame;
}

static uint64_t place(enum kind kind, bool compat)
{
    switch (kind) {
    case GFNS:
        return place_gfns(compat, some_gfn);
    case MAPPING_GFNS:
        return place_gfns(compat, mapping_gfn);
    case CLAIMS:
        return place_claims();
    case ZEROES:
        return place_zeroes();
    case CONTEXT:
        return place_context();
    default:
        return one_in(16) ? 0 : space_place(NULL, 1 + random_below(2 * PAGE_SIZE));
    }
}

static uint64_t small_value(enum kind kind)
{
    static const uint64_t bounds[] = {
        [COUNT] = 48, [SMALL] = 8, [BIT] = 2,           [NODE] = 4,  [VCPU] = 2,
        [SPACE] = 6,  [MODE] = 2,  [SMALL_COMMAND] = 4, [CDF] = 512,
    };

    return random_below(bounds[kind]);
}

uint64_t field_value(enum kind kind, bool compat)
{
    switch (kind) {
    case NUMBER:
        return random_number();
    case DOMID:
        return domain;
    case OTHER_DOMID:
        return random_domain(privileged_caller);
    case GFN:
        return some_gfn();
    case MAPPING_GFN:
        return mapping_gfn();
    case MAPPING_ADDRESS:
        return mapping_gfn() << PAGE_SHIFT;
    case MAP_FLAGS:
        return GNTMAP_host_map | (one_in(2) ? GNTMAP_readonly : 0);
    case ORDER:
        return order;
    case VCPUS:
        return 2;
    case MEMFLAGS:
        return memflags();
    case COMMAND:
        return 1 + random_below(3);
    case SHADOW:
        return one_in(2) ? XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION : XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION;
    case CDF:
        return one_in(8) ? small_value(kind) : XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
    case PAGES:
        return random_below(8192);
    case KIB:
        return random_below(one_in(4) ? 1UL << 20 : 32768);
    case POOL:
        return random_below(512) << PAGE_SHIFT;
    case PAGE:
        return random_below(2 * PAGE_SIZE);
    case FRAME:
    case FRAME_BEHIND:
        return next_frame(kind == FRAME_BEHIND);
    case CLAIM_COUNT:
        return random_below(one_in(8) ? 80 : 5);
    case CONTEXT_SIZE:
        return sizeof(struct guest_start_state);
    default:
        return kind >= GFNS ? place(kind, compat) : small_value(kind);
    }
}
