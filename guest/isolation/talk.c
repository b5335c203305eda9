/* SPDX-License-Identifier: MIT */
/* The children's talk with the judge. */
#include "isolation.h"
#include <stdlib.h>

void stage_reached(uint64_t stage)
{
    if (xc_hvm_param_set(NULL, DOMID_SELF, STAGE_PARAM, stage))
        abort();
}

void wait_for_word(uint64_t word)
{
    uint64_t seen = 0;

    while (xc_hvm_param_get(NULL, DOMID_SELF, WORD_PARAM, &seen) == 0 && seen < word)
        guest_block();
}
