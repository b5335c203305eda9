/* SPDX-License-Identifier: MIT */
/* The compiler's stack protector calls and reads these. */
#include "log.h"
#include "types.h"

extern uint64_t __stack_chk_guard;
NORETURN void __stack_chk_fail(void);

uint64_t __stack_chk_guard; /* set by entry.asm, before any C */

void __stack_chk_fail(void)
{
    panic("the function at %p has written beyond its variables on the stack", __builtin_return_address(0));
}
