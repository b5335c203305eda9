/* SPDX-License-Identifier: MIT */
/* Between the two domains of the guest that checks grant tables: domain 1 grants, domain 0 uses. */
#pragma once

#include "guest.h"
#include <xen/grant_table.h>

#define USER      0
#define OWNER     1
#define TABLE_GFN 0x80000UL /* nothing is there before, in either domain */

enum { REF_CONTROL = 8, REF_DATA, REF_READ_ONLY, REF_GIVEN_UP, REF_EMPTY };

#define WORD(ref, i)                                                                                         \
    (0x0a110d0000000000UL ^ (uint64_t)(ref) << 16 ^ (i)) /* what the granted pages begin with */

/* The page that both write: the user asks, the owner answers. */
enum { ASK_FLAGS, ASK_WORD, ASK_GIVE_UP, ASK_END };
struct control {
    uint64_t asked, answered; /* how many questions */
    uint64_t what, ref, answer;
};

int64_t grant_op(unsigned int cmd, void *list, unsigned int nr);

int owner_main(void);
