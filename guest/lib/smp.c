/* SPDX-License-Identifier: MIT */
/* The vCPUs of a guest program: VCPUOP_initialise and up, then C on a stack of their own. */
#include "guest_internal.h"
#include "vcpu_block.h"
#include <errno.h>
#include <stdlib.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/vcpu.h>

#define MSR_EFER    0xc0000080U
#define MSR_GS_BASE 0xc0000101U
#define RFLAGS_ONE  2

struct vcpu_block vcpu_blocks[SMP_MAX_VCPUS];
bool smp_used;

static int64_t vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return xen_hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, (uintptr_t)arg, 0, 0);
}

unsigned int smp_vcpus(void)
{
    unsigned int nr = 0;

    while (nr < SMP_MAX_VCPUS && vcpu_op(VCPUOP_is_up, nr, NULL) >= 0)
        nr++;
    return nr;
}

unsigned int smp_id(void)
{
    return this_vcpu()->id;
}

/* B is the block of the vCPU that runs this. */
static void set_block(struct vcpu_block *b)
{
    uint64_t address = (uintptr_t)b;

    b->self = b;
    b->id = (unsigned int)(b - vcpu_blocks);
    __asm__ volatile("wrmsr"
                     :
                     : "c"(MSR_GS_BASE), "a"((uint32_t)address), "d"((uint32_t)(address >> 32))
                     : "memory");
}

/* C's start of every vCPU but 0, called by start.asm. VCPUOP_up goes on behind VCPUOP_down. */
void smp_main(struct vcpu_block *b)
{
    set_block(b);
    exception_load();
    for (;;) {
        b->entry(b->arg);
        __atomic_store_n(&b->busy, false, __ATOMIC_RELEASE);
        vcpu_op(VCPUOP_down, b->id, NULL);
    }
}

static uint64_t read_efer(void)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    return low | (uint64_t)high << 32;
}

/* Its first start: this vCPU's mode and page tables. */
static int initialise(struct vcpu_block *b)
{
    struct vcpu_hvm_context ctx = {.mode = VCPU_HVM_MODE_64B};
    struct vcpu_hvm_x86_64 *r = &ctx.cpu_regs.x86_64;
    int64_t rc;

    b->stack = stack_alloc(SMP_STACK);
    if (!b->stack)
        return -ENOMEM;
    r->rip = (uintptr_t)smp_entry;
    r->rsp = (uintptr_t)b->stack + SMP_STACK;
    r->rdi = (uintptr_t)b;
    r->rflags = RFLAGS_ONE;
    r->efer = read_efer();
    __asm__ volatile("mov %%cr0, %0" : "=r"(r->cr0));
    __asm__ volatile("mov %%cr3, %0" : "=r"(r->cr3));
    __asm__ volatile("mov %%cr4, %0" : "=r"(r->cr4));
    rc = vcpu_op(VCPUOP_initialise, (unsigned int)(b - vcpu_blocks), &ctx);
    if (rc) {
        stack_free(b->stack);
        b->stack = NULL;
    }
    return (int)rc;
}

/* An earlier entry has returned; its vCPU may still be on the way down. */
static int start_again(unsigned int vcpu)
{
    int64_t up;
    unsigned int n = 1;

    while ((up = vcpu_op(VCPUOP_is_up, vcpu, NULL)) > 0)
        smp_wait(n++);
    if (up == 0 && !vcpu_blocks[vcpu].stack)
        up = initialise(&vcpu_blocks[vcpu]);
    return up ? (int)up : (int)vcpu_op(VCPUOP_up, vcpu, NULL);
}

int smp_start(unsigned int vcpu, void (*entry)(void *), void *arg)
{
    struct vcpu_block *b = vcpu < SMP_MAX_VCPUS ? &vcpu_blocks[vcpu] : NULL;
    int rc;

    if (!b || vcpu == 0 || vcpu == smp_id()) {
        errno = b ? EINVAL : ENOENT;
        return -1;
    }
    if (!smp_used)
        set_block(&vcpu_blocks[0]);
    __atomic_store_n(&smp_used, true, __ATOMIC_RELAXED);
    if (__atomic_exchange_n(&b->busy, true, __ATOMIC_ACQUIRE)) {
        errno = EBUSY;
        return -1;
    }
    b->entry = entry;
    b->arg = arg;
    rc = start_again(vcpu);
    if (!rc)
        return 0;
    __atomic_store_n(&b->busy, false, __ATOMIC_RELEASE);
    errno = -rc;
    return -1;
}

bool smp_is_done(unsigned int vcpu)
{
    return !__atomic_load_n(&vcpu_blocks[vcpu].busy, __ATOMIC_ACQUIRE) &&
           vcpu_op(VCPUOP_is_up, vcpu, NULL) <= 0;
}

void smp_join(unsigned int vcpu)
{
    for (unsigned int n = 1; !smp_is_done(vcpu); n++)
        smp_wait(n);
}

int smp_run(unsigned int nr, void (*entry)(void *), void *arg)
{
    unsigned int started = 1;
    int rc = 0, reason = 0;

    while (started < nr && !(rc = smp_start(started, entry, arg)))
        started++;
    if (rc)
        reason = errno;
    else
        entry(arg);
    while (--started)
        smp_join(started);
    errno = rc ? reason : errno;
    return rc;
}
