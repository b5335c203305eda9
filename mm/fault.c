/* SPDX-License-Identifier: MIT */
/* Counting allocations down to the ones that fail on purpose. Only in debug builds (Makefile). */
#include "fault.h"

unsigned long fault_left;
static unsigned long fault_times, fault_struck; /* atomic */

unsigned long fault_arm(unsigned long n, unsigned long times)
{
    times = MIN(times, ~0UL - n);
    __atomic_store_n(&fault_left, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fault_times, times, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fault_left, n ? n - 1 + times : 0, __ATOMIC_SEQ_CST);
    return __atomic_exchange_n(&fault_struck, 0, __ATOMIC_SEQ_CST);
}

bool fault_count(const char *what)
{
    unsigned long left = __atomic_load_n(&fault_left, __ATOMIC_SEQ_CST);

    do
        if (!left)
            return false;
    while (!__atomic_compare_exchange_n(&fault_left, &left, left - 1, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST));
    if (left > __atomic_load_n(&fault_times, __ATOMIC_SEQ_CST))
        return false;
    if (__atomic_fetch_add(&fault_struck, 1, __ATOMIC_SEQ_CST) == 0)
        log_info("fail: %s: no memory, on purpose\n", what);
    return true;
}
