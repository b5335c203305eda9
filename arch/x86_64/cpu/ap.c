/* SPDX-License-Identifier: MIT */
/* Starting the other CPUs, one after the other: INIT, SIPI, the trampoline, and what the new CPU sets up.
 * AMD64 manual volume 2, sections 15.27.8 (INIT) and 16.5 (interrupt command register). */
#include "ap.h"
#include "arch.h"
#include "cpu_setup.h"
#include "error.h"
#include "hvm/svm.h"
#include "insn.h"
#include "ipi.h"
#include "lapic.h"
#include "log.h"
#include "map.h"
#include "mca.h"
#include "pagetable.h"
#include "start.h"
#include "tsc_sync.h"
#include <string.h>

#define INIT_NS   100000UL     /* CPUs with SVM need no longer rest after INIT */
#define REPEAT_NS 10000000UL   /* a CPU that runs already does not mind another SIPI */
#define START_NS  5000000000UL /* a CPU of an emulator may wait long for one of the host's */

/* Of a CPU that is being started. It goes on only after it was accepted: one that was given up must not run
 * the scheduler under a number that the next one has by then. */
enum ap_state { AP_CALLED, AP_ALIVE, AP_READY, AP_REFUSED, AP_ACCEPTED, AP_REJECTED };

/* trampoline.asm */
extern const uint8_t trampoline_start[], trampoline_fields[], trampoline_end[];
struct PACKED trampoline_fields {
    uint32_t cr3, entry;
    uint16_t selector, gdt_limit;
    uint32_t gdt_base;
};

extern void *ap_ticket;
void *ap_ticket; /* for the one CPU that is being started, which takes it */

static uint32_t state_of(const struct cpu *c)
{
    return __atomic_load_n(&c->start, __ATOMIC_ACQUIRE);
}

/* ---- the new CPU ---- */

/* This CPU has come as far as STATE, unless the boot CPU has given it up. */
static void come_to(struct cpu *c, uint32_t state)
{
    uint32_t was = state_of(c);

    if (was == AP_REJECTED ||
        !__atomic_compare_exchange_n(&c->start, &was, state, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        cpu_halt_for_ever();
}

NORETURN static void refuse_to_start(struct cpu *c, int rc)
{
    log_warn("CPU with APIC id %u is left out: see above, error %d\n", c->apic_id, -rc);
    come_to(c, AP_REFUSED);
    cpu_halt_for_ever();
}

static void wait_for_verdict(const struct cpu *c)
{
    while (state_of(c) == AP_READY)
        cpu_pause();
    if (state_of(c) == AP_REJECTED)
        cpu_halt_for_ever();
}

static int check_id(const struct cpu *c)
{
    uint32_t id = lapic_id();

    if (id == c->apic_id)
        return 0;
    log_warn("the CPU that came says that its APIC id is %u\n", id);
    return -ENODEV;
}

static int set_up(const struct cpu *c)
{
    int rc = cpu_check_features();

    if (rc == 0)
        rc = lapic_init();
    if (rc == 0)
        rc = check_id(c);
    if (rc)
        return rc;
    mca_cpu_init();
    return svm_cpu_init();
}

void ap_start(struct cpu *c)
{
    int rc;

    percpu_load(c);
    cpu_set_control_registers();
    pagetable_load(); /* forget the trampoline's mapping */
    come_to(c, AP_ALIVE);
    tsc_sync_answer();
    rc = set_up(c);
    if (rc)
        refuse_to_start(c, rc);
    come_to(c, AP_READY);
    wait_for_verdict(c);
    upcall_cpu_started();
}

/* ---- the boot CPU ---- */

/* The page is not mapped writable any more when it becomes executable. */
static void fill_trampoline(uint64_t at)
{
    uint8_t *page = paddr_to_virt(paddr(at));
    struct trampoline_fields *f = (void *)(page + ((uint64_t)trampoline_fields - (uint64_t)trampoline_start));

    memcpy(page, trampoline_start, (uint64_t)trampoline_end - (uint64_t)trampoline_start);
    f->cr3 = (uint32_t)read_cr3(); /* the loader put our tables below 4 GiB */
    f->entry += (uint32_t)at;
    f->gdt_base += (uint32_t)at;
    unmap_page(page);
}

static int map_trampoline(void)
{
    static bool filled;
    uint64_t at = boot_record->trampoline;

    if (!at) {
        log_warn("the firmware has no page below 1 MiB for starting CPUs\n");
        return -ENODEV;
    }
    if (!filled)
        fill_trampoline(at);
    filled = true;
    return map_range(at, paddr(at), PAGE_SIZE, MAP_CODE & ~PTE_GLOBAL);
}

static void wait_ns(uint64_t ns)
{
    for (uint64_t start = arch_now(); arch_now() - start < ns;)
        cpu_pause();
}

static bool has_left(const struct cpu *c, uint32_t old, uint64_t ns)
{
    for (uint64_t start = arch_now(); state_of(c) == old;) {
        if (arch_now() - start >= ns)
            return false;
        cpu_pause();
    }
    return true;
}

/* It is left out. Wherever it is, INIT makes it wait for a call that never comes. */
static void give_up(struct cpu *c)
{
    __atomic_store_n(&c->start, AP_REJECTED, __ATOMIC_RELEASE);
    lapic_send(c->apic_id, LAPIC_INIT);
    wait_ns(REPEAT_NS);
}

/* Call it until it answers. */
static int call(const struct cpu *c)
{
    uint64_t start = arch_now();

    lapic_send(c->apic_id, LAPIC_INIT);
    wait_ns(INIT_NS);
    while (arch_now() - start < START_NS) {
        lapic_send(c->apic_id, LAPIC_STARTUP | (uint32_t)(boot_record->trampoline >> PAGE_SHIFT));
        if (has_left(c, AP_CALLED, REPEAT_NS))
            return 0;
    }
    log_warn("CPU with APIC id %u is left out: it %s\n", c->apic_id,
             __atomic_exchange_n(&ap_ticket, NULL, __ATOMIC_ACQ_REL) ? "does not answer"
                                                                     : "came, but not far");
    return -ETIMEDOUT;
}

/* It lives, and runs our code. */
static int accompany(const struct cpu *c)
{
    int64_t error;

    if (!tsc_sync_ask(START_NS, &error) || !has_left(c, AP_ALIVE, START_NS)) {
        log_warn("CPU with APIC id %u is left out: it came, but does not get ready\n", c->apic_id);
        return -ETIMEDOUT;
    }
    if (state_of(c) == AP_REFUSED)
        return -ENODEV;
    if (error) {
        log_warn("CPU with APIC id %u is left out: its TSC is %ld cycles off\n", c->apic_id, error);
        return -ENODEV;
    }
    return 0;
}

int arch_cpu_start(unsigned int cpu, uint32_t apic_id, nodeid_t node)
{
    struct cpu *c;
    int rc;

    if (!lapic_can_reach(apic_id)) {
        log_warn("CPU with APIC id %u is left out: it can be reached in x2APIC mode only\n", apic_id);
        return -ENODEV;
    }
    rc = map_trampoline();
    if (rc)
        return rc;
    c = percpu_create(cpu, apic_id, node, &ap_ticket);
    if (c) {
        tsc_sync_reset();
        rc = call(c);
    } else {
        log_warn("CPU with APIC id %u is left out: no memory for its stacks\n", apic_id);
        rc = -ENOMEM;
    }
    if (rc == 0)
        rc = accompany(c);
    if (rc == 0) {
        ipi_add_cpu(c);
        __atomic_store_n(&c->start, AP_ACCEPTED, __ATOMIC_RELEASE);
    } else if (c) {
        give_up(c);
    }
    unmap_page((const void *)boot_record->trampoline); /* nobody can be on it any more */
    return rc;
}
