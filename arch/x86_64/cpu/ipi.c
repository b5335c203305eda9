/* SPDX-License-Identifier: MIT */
/* Interrupts from CPU to CPU: kick, NMI, and the end of all but one. */
#include "ipi.h"
#include "arch.h"
#include "insn.h"
#include "lapic.h"
#include "trap.h"

#define STOP_TRIES 500U
#define STOP_NS    10000000UL /* between two tries */

static struct cpu *cpus[MAX_CPUS] = {&boot_cpu};
static unsigned int stopper; /* the CPU that goes on, plus 1; atomic */

static struct cpu *other_cpu(unsigned int cpu)
{
    struct cpu *c = cpu < MAX_CPUS ? __atomic_load_n(&cpus[cpu], __ATOMIC_ACQUIRE) : NULL;

    return c == this_cpu() ? NULL : c;
}

void ipi_add_cpu(struct cpu *c)
{
    __atomic_store_n(&cpus[c->id], c, __ATOMIC_RELEASE);
}

uint32_t arch_apic_id(void)
{
    return this_cpu()->apic_id;
}

void arch_cpu_kick(unsigned int cpu)
{
    const struct cpu *c = other_cpu(cpu);

    if (c)
        lapic_send(c->apic_id, VECTOR_KICK);
}

void ipi_self(void)
{
    lapic_send(this_cpu()->apic_id, VECTOR_KICK);
}

void arch_cpu_nmi(unsigned int cpu)
{
    const struct cpu *c = other_cpu(cpu);

    if (c)
        lapic_send(c->apic_id, LAPIC_NMI);
}

uint64_t arch_cpu_interrupts(unsigned int cpu)
{
    const struct cpu *c = cpu < MAX_CPUS ? __atomic_load_n(&cpus[cpu], __ATOMIC_ACQUIRE) : NULL;

    return c ? READ_ONCE(c->interrupts) : 0;
}

NORETURN static void stop_here(void)
{
    WRITE_ONCE(this_cpu()->stopped, true);
    cpu_halt_for_ever();
}

void ipi_stop_if_asked(void)
{
    unsigned int goes_on = READ_ONCE(stopper);

    if (goes_on && goes_on != smp_processor_id() + 1)
        stop_here();
}

/* Ask those that still run; true when there are some. */
static bool stop_others(void)
{
    bool any = false;

    for (unsigned int i = 0; i < MAX_CPUS; i++) {
        const struct cpu *c = other_cpu(i);

        if (!c || READ_ONCE(c->stopped))
            continue;
        lapic_send(c->apic_id, LAPIC_NMI);
        any = true;
    }
    return any;
}

/* One that does not even take an NMI is left behind in the end. */
void arch_cpus_stop(void)
{
    unsigned int me = smp_processor_id() + 1, first = 0;

    if (!__atomic_compare_exchange_n(&stopper, &first, me, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        if (first == me)
            return;
        stop_here();
    }
    for (unsigned int i = 0; i < STOP_TRIES && stop_others(); i++)
        for (uint64_t start = arch_now(); arch_now() - start < STOP_NS;)
            cpu_pause();
}
