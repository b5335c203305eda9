/* SPDX-License-Identifier: MIT */
/* Events, timers and clocks in every mode whose interrupts come to code of its own width: the shared info has
 * this width, the upcall is an interrupt of this code. */
#include "checks.h"
#include <string.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/vcpu.h>

#define VECTOR      32U /* behind the exceptions */
#define CODE        8U  /* the libraries' selector */
#define GATE        0x8e00U
#define GATE_WORDS  (sizeof(long) / 2)
#define SHARED_INFO (SPARE + MiB) /* main has given its page back */
#define BITS        (8 * sizeof(long))
#define DELAY       2000000U /* ns */
#define HOUR        3600000000000ULL
#define YEAR_2024   1704067200U /* seconds since 1970 */
#define YEAR_2100   4102444800U

struct interrupt_frame;
struct __attribute__((packed)) idt_pointer {
    uint16_t limit;
    uintptr_t base;
};

static struct shared_info *const shared = (struct shared_info *)SHARED_INFO;
static struct vcpu_info *const info = (struct vcpu_info *)SHARED_INFO; /* vCPU 0's is the first */
static volatile unsigned int upcalls;

__attribute__((interrupt)) static void upcall(struct interrupt_frame *frame)
{
    (void)frame;
    upcalls++;
    info->evtchn_upcall_pending = 0;
}

/* The library's exceptions, and one more gate. */
static void add_gate(void)
{
    static uint32_t idt[(VECTOR + 1) * GATE_WORDS] __attribute__((aligned(8)));
    uint32_t *gate = &idt[VECTOR * GATE_WORDS];
    const uintptr_t to = (uintptr_t)upcall;
    struct idt_pointer p;

    __asm__ volatile("sidt %0" : "=m"(p));
    memcpy(idt, (const void *)p.base, VECTOR * GATE_WORDS * sizeof(*idt));
    gate[0] = CODE << 16 | (to & 0xffff);
    gate[1] = (to & 0xffff0000) | GATE;
    p = (struct idt_pointer){sizeof(idt) - 1, (uintptr_t)idt};
    __asm__ volatile("lidt %0" : : "m"(p) : "memory");
}

/* xen/xen.h, struct vcpu_time_info; nobody writes while this vCPU runs. */
static uint64_t now(void)
{
    const volatile struct vcpu_time_info *t = &info->time;
    uint32_t lo, hi;
    uint64_t ticks;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    ticks = ((uint64_t)hi << 32 | lo) - t->tsc_timestamp;
    ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
    return t->system_time + (ticks >> 32) * t->tsc_to_system_mul +
           ((ticks & 0xffffffff) * t->tsc_to_system_mul >> 32);
}

static void start(void)
{
    struct xen_add_to_physmap map = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED_INFO >> PAGE_SHIFT};
    struct xen_hvm_param param = {.domid = DOMID_SELF,
                                  .index = HVM_PARAM_CALLBACK_IRQ,
                                  .value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | VECTOR};

    add_gate();
    equal("shared info", 0, call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, addr(&map), 0));
    equal("callback vector", 0, call(__HYPERVISOR_hvm_op, HVMOP_set_param, addr(&param), 0));
}

/* How many words of a bitmap are not as they should be: this bit alone. */
static unsigned int others(const xen_ulong_t *bitmap, unsigned int nr, unsigned int bit)
{
    unsigned int wrong = 0;

    for (unsigned int i = 0; i < nr; i++)
        wrong += bitmap[i] != (i == bit / BITS ? 1UL << bit % BITS : 0);
    return wrong;
}

/* Interrupts are off but for HLT. */
static void halt_for(uint64_t until)
{
    struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = until};

    upcalls = 0;
    equal("timer", 0, call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, addr(&timer)));
    for (unsigned int i = 0; i < 1000 && !upcalls; i++)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void check_timer(evtchn_port_t port)
{
    struct evtchn_unmask unmask = {.port = port};
    const uint64_t before = now();
    uint64_t after;

    equal("unmask", 0, call(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, addr(&unmask), 0));
    halt_for(before + DELAY);
    after = now();
    equal("upcalls", 1, (long)upcalls);
    equal("words of the pending bits that are wrong", 0, (long)others(shared->evtchn_pending, BITS, port));
    equal("the selector", 1L << port / BITS, (long)info->evtchn_pending_sel);
    equal("vCPU time goes on", 1, after >= before + DELAY && after < before + HOUR);
    shared->evtchn_pending[port / BITS] = 0;
    info->evtchn_pending_sel = 0;
}

static void check_masked(evtchn_port_t port)
{
    shared->evtchn_mask[port / BITS] |= 1UL << port % BITS;
    upcalls = 0;
    __asm__ volatile("sti; nop; cli" : : : "memory");
    equal("upcalls without an event", 0, (long)upcalls);
}

static void check_wallclock(void)
{
    const uint64_t seconds = ((uint64_t)shared->xen_wc_sec_hi << 32 | shared->wc_sec) + now() / 1000000000U;

    equal("the year is between 2024 and 2100", 1, seconds >= YEAR_2024 && seconds < YEAR_2100);
    equal("nanoseconds are less than a second", 1, shared->wc_nsec < 1000000000U);
    equal("nobody is writing the wallclock", 0, shared->wc_version & 1);
}

void check_events(void)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER};
    struct evtchn_close close;

    start();
    equal("bind VIRQ_TIMER", 0, call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, addr(&bind), 0));
    check_timer(bind.port);
    check_masked(bind.port);
    check_wallclock();
    close.port = bind.port;
    equal("close", 0, call(__HYPERVISOR_event_channel_op, EVTCHNOP_close, addr(&close), 0));
}
