/* SPDX-License-Identifier: MIT */
/* The serial port makes no interrupts, so it is looked at now and then while somebody listens: by
 * VIRQ_CONSOLE or by a console ring. */
#include "console_input.h"
#include "event_port.h"
#include "ring.h"
#include <xen/xen.h>

#define LOOK_NS 10000000UL

/* As long as there is input to be read its event comes again. */
static void look(struct timer *t)
{
    if (!event_virq_is_bound(VIRQ_CONSOLE) && !ring_console_any())
        return;
    console_input_look();
    timer_set(t, arch_now() + LOOK_NS);
}

static struct timer look_again = {.fn = look, .deadline = TIMER_NEVER};

void event_console_listen(void)
{
    timer_set(&look_again, arch_now() + LOOK_NS);
}
