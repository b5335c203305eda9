/* SPDX-License-Identifier: MIT */
/* A fake architecture for host programs: vCPUs never run, time is a counter. Tests of the scheduler bring
 * functions of their own in place of the weak ones. */
#include "arch.h"

#include "error.h"
#include "heap.h"
#include "log.h"
#include <stdlib.h>
#include <string.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/save.h>

#define TICK_NS 1000

/* Its machine state is what was set last, whole: enough to see that contexts arrive. Before that it is an
 * end record alone. */
struct arch_vcpu {
    unsigned int id;
    size_t size;
    uint8_t stream[PAGE_SIZE - 16];
};
_Static_assert(sizeof(struct arch_vcpu) == PAGE_SIZE, "one page, as if it were real");

struct arch_vcpu *arch_vcpu_create(struct vcpu *v UNUSED, struct arch_domain *a UNUSED, unsigned int vcpu_id,
                                   nodeid_t node)
{
    struct arch_vcpu *arch = alloc_xenheap_pages(0, node);

    if (arch)
        arch->id = vcpu_id;
    return arch;
}

void arch_vcpu_destroy(struct arch_vcpu *v)
{
    free_xenheap_pages(v, 0);
}

int arch_vcpu_check_context(const struct arch_vcpu *v, const void *stream, size_t size)
{
    (void)stream;
    return size > sizeof(v->stream) ? -EINVAL : 0;
}

int arch_vcpu_set_context(struct arch_vcpu *v, const void *stream, size_t size)
{
    if (size > sizeof(v->stream))
        return -EINVAL;
    memcpy(v->stream, stream, size);
    v->size = size;
    return 0;
}

size_t arch_vcpu_get_context(const struct arch_vcpu *v, void *stream, size_t capacity)
{
    static const struct hvm_save_descriptor end = {HVM_SAVE_CODE(END), 0, 0};
    const void *from = v->size ? (const void *)v->stream : &end;
    size_t size = v->size ? v->size : sizeof(end);

    if (size <= capacity)
        memcpy(stream, from, size);
    return size;
}

int arch_vcpu_set_start(struct arch_vcpu *v, const struct vcpu_hvm_context *ctx)
{
    if (ctx->mode > VCPU_HVM_MODE_64B || ctx->pad)
        return -EINVAL;
    memcpy(v->stream, ctx, sizeof(*ctx));
    v->size = sizeof(*ctx);
    return 0;
}

__attribute__((weak)) void arch_vcpu_run(struct arch_vcpu *v UNUSED)
{
    panic("a host program cannot run guests");
}

bool host_interrupts_enabled = true;

bool arch_vcpu_takes_interrupts(const struct arch_vcpu *v UNUSED)
{
    return host_interrupts_enabled;
}

__attribute__((weak)) void arch_vcpu_interrupt(struct arch_vcpu *v UNUSED, uint8_t vector UNUSED)
{
}

__attribute__((weak)) bool arch_vcpu_has_interrupt(const struct arch_vcpu *v UNUSED)
{
    return false;
}

__attribute__((weak)) bool arch_vcpu_has_nmi(const struct arch_vcpu *v UNUSED)
{
    return false;
}

__attribute__((weak)) bool arch_vcpu_apic_is_on(const struct arch_vcpu *v UNUSED)
{
    return false;
}

__attribute__((weak)) void arch_vcpu_timer(struct arch_vcpu *v UNUSED)
{
}

bool arch_vcpu_has_start(const struct arch_vcpu *v UNUSED)
{
    return false;
}

/* It has left the guest twice for each reason below 3, for vCPU N once more. */
uint64_t arch_vcpu_exits(const struct arch_vcpu *v, unsigned int kind, uint32_t *code)
{
    *code = kind + 0x60;
    return kind < 3 ? 2 + v->id : 0;
}

void arch_vcpu_dump(const struct arch_vcpu *v)
{
    log_err("vCPU %u: no registers on the host\n", v->id);
}

__attribute__((weak)) void arch_cpu_kick(unsigned int cpu UNUSED)
{
}

void arch_cpu_nmi(unsigned int cpu UNUSED)
{
}

/* They never stand still. */
uint64_t arch_cpu_interrupts(unsigned int cpu UNUSED)
{
    return arch_now();
}

__attribute__((weak)) uint64_t arch_now(void)
{
    static uint64_t now;

    return __atomic_add_fetch(&now, TICK_NS, __ATOMIC_RELAXED);
}

struct arch_clock arch_clock(void)
{
    return (struct arch_clock){.tsc_base = 1000, .mul = 1U << 31, .shift = 1};
}

uint32_t arch_tsc_khz(void)
{
    return 1000000;
}

__attribute__((weak)) void arch_timer_set(uint64_t deadline UNUSED)
{
}

__attribute__((weak)) void arch_idle(void)
{
    panic("a host program has nothing to wait for");
}

/* Tests report errors themselves. */
void arch_machine_check_poll(void)
{
}

void arch_cpu_relax(void)
{
}

void arch_exit(unsigned int code)
{
    exit((int)code);
}

void arch_backtrace(void)
{
}
