/* SPDX-License-Identifier: MIT */
/* The one header through which kernel/ and hypercall/ see the architecture, and the upcalls it makes. The
 * host build implements the same functions with a fake machine (test/host/arch.c). */
#pragma once

#include "boot_info.h"
#include "cpumask.h"
#include "domain_mem.h"
#include "exit_code.h"
#include "lock.h"
#include "log.h"
#include "page_list.h"
#include "types.h"

/* ---- What the architecture keeps for a domain and a vCPU; private to it ---- */

struct vcpu; /* kernel/domain.h */

/* A domain's guest-physical address space: its nested page table. */
struct arch_domain {
    struct domain_mem *mem; /* pays for the tables from its paging pool */
    spinlock_t p2m_lock;
    void *p2m;               /* the root table */
    uint64_t max_gfn;        /* the highest page that was ever mapped */
    uint64_t p2m_generation; /* counts flushes, from 1: what a CPU has of an older one must not be used */
    bool p2m_owes_flush;     /* something was taken away since the last flush, and CPUs may still use it */
    struct page_list p2m_retired; /* tables that were taken out since: CPUs may still walk them */
    uint64_t p2m_retired_at;      /* the generation in which the last of them was */
    struct cpumask running_on;    /* CPUs inside arch_vcpu_run for it */
    struct {
        uint64_t *table;
        uint64_t first, generation; /* what it covers begins at this gfn; valid for this p2m_generation */
        unsigned int level;
    } p2m_last; /* the table that was filled last: guests are built in ascending order */
};

/* A vCPU's machine state: registers, VMCB, FPU image; on pages of its own. */
struct arch_vcpu;

/* ---- The machine, found at boot ---- */

#define MAX_MEM_AFFINITY 512

struct cpu_desc {
    uint32_t apic_id;
    uint32_t acpi_uid;
    uint32_t domain; /* proximity domain of SRAT, 0 without one */
    bool has_domain; /* SRAT names one */
    bool enabled;    /* false: may be plugged in later */
};

struct mem_affinity {
    uint64_t start, end; /* bytes, half-open */
    uint32_t domain;     /* proximity domain */
    bool hotplug;
};

/* Plain arrays from the ACPI tables; no byte layouts beyond this point. */
struct machine {
    unsigned int nr_cpus, nr_mem;
    struct cpu_desc cpus[MAX_CPUS];
    struct mem_affinity mem[MAX_MEM_AFFINITY];
    unsigned int slit_size;                    /* 0: no SLIT */
    uint8_t slit[MAX_NUMNODES * MAX_NUMNODES]; /* slit_size x slit_size, by proximity domain, row-major */
    uint16_t pm_timer_port;                    /* FADT, 0: none */
    bool pm_timer_32bit;
};

/* Boot steps, called in this order from kernel/boot.c on the boot CPU. */
void arch_console_early(void); /* COM1 and COM2, 115200 8N1 */
int arch_cpu_init(void);       /* control registers, final page tables, guard pages */
/* MADT, SRAT, SLIT, FADT. A missing or bad table leaves its part of *m empty, each bad one with a warning;
 * -EINVAL when there is no usable RSDP or root table. */
int arch_acpi_parse(const struct boot_info *bi, struct machine *m);
int arch_time_init(const struct machine *m); /* calibrate the TSC */
int arch_map_frame_table(const struct mem_range *ranges,
                         unsigned int nr); /* from bootmem, sets frame_table */
int arch_percpu_init(void);                /* boot CPU: LAPIC timer, SVM on, host save area; needs the heap */
const char *arch_cpu_name(void);
uint64_t arch_phys_limit(void); /* first address beyond what CPU and direct map can reach, bytes */

/* ---- Processors: the boot CPU is number 0, kernel/smp.c numbers the others. An emulator may lose an
 * interrupt that one CPU sends another: who waits for its effect sends it again. ---- */

uint32_t arch_apic_id(void); /* of the CPU that asks; after arch_percpu_init */
/* Start the CPU with this APIC id as number CPU, its stacks and its data on NODE's memory: it goes to
 * upcall_cpu_started. Boot CPU only, one after the other. -ENOMEM, -ETIMEDOUT (it does not come), -ENODEV (it
 * cannot be reached, or lacks what the boot CPU has): with a message; the number is free for another one. */
int arch_cpu_start(unsigned int cpu, uint32_t apic_id, nodeid_t node);
/* Let CPU leave guest mode or arch_idle and look at its queue. Any context, takes no lock. Nothing happens to
 * a CPU that is not up, or to the caller. */
void arch_cpu_kick(unsigned int cpu);
/* Interrupt CPU wherever it is, for upcall_nmi. */
void arch_cpu_nmi(unsigned int cpu);
/* How many interrupts CPU has taken so far; it takes them only when idle and after a guest's exit. */
uint64_t arch_cpu_interrupts(unsigned int cpu);
/* All other CPUs halt for ever: the end of the machine, or a report that nobody may disturb. Of several
 * callers only the first returns. */
void arch_cpus_stop(void);

/* ---- Time, CPU, console, end ---- */

uint64_t
arch_now(void); /* nanoseconds since boot services were left (tsc_exit), monotonic; 0 before arch_time_init */
uint32_t arch_tsc_khz(void);
/* What arch_now computes from the TSC: ((tsc - tsc_base) << shift) * mul >> 32. */
struct arch_clock {
    uint64_t tsc_base;
    uint32_t mul;
    int8_t shift; /* 0 or more */
};
struct arch_clock arch_clock(void);
#define TIMER_NEVER UINT64_MAX
/* This CPU's timer: one shot at DEADLINE (absolute ns; in the past: at once; TIMER_NEVER: off). */
void arch_timer_set(uint64_t deadline);
void arch_idle(void); /* wait for an interrupt and handle it */
void arch_cpu_relax(void);
void arch_console_put(unsigned int port, const char *s, size_t n); /* port 1 or 2: COM1, COM2 */
int arch_console_get(unsigned int port);                           /* -1 when nothing was typed */
NORETURN void
arch_exit(unsigned int code); /* stop all CPUs, isa-debug-exit with CODE (QEMU: 2*CODE+1), halt for ever */
void arch_backtrace(
    void); /* print registers (a trap's, if this CPU handles one), control registers, callers */

/* ---- Machine checks ---- */

enum machine_check_kind {
    MACHINE_CHECK_CORRECTED, /* nothing is lost */
    MACHINE_CHECK_DATA_LOST, /* what page mfn held, and nothing else */
    MACHINE_CHECK_FATAL,     /* the machine cannot go on: why */
};

/* An error that the machine has reported; address and mfn only when it told one (0, INVALID_MFN). */
struct machine_check {
    enum machine_check_kind kind;
    unsigned int bank;
    uint64_t status, address;
    mfn_t mfn;
    const char *why;
};

/* Report errors that made no exception: upcall_machine_check for each. This CPU's only. */
void arch_machine_check_poll(void);

/* ---- Guest-physical address space. Each takes p2m_lock itself, but for the last section. What a function
 * has taken away no CPU uses any more when it returns, or in the last section, after p2m_flush. ---- */

enum p2m_type {
    P2M_NONE,     /* nothing mapped */
    P2M_RAM,      /* the domain's own page, read, write, execute */
    P2M_FOREIGN,  /* another domain's page; the mapping holds a reference on it */
    P2M_XEN,      /* a page of the hypervisor shown to the guest (shared info, grant table) */
    P2M_GRANT,    /* a page that a domain has granted (kernel/grant.h), which keeps the reference on it */
    P2M_GRANT_RO, /* the same, without write */
};

int arch_domain_init(struct arch_domain *a, struct domain_mem *mem);
/* Free all tables into the paging pool and the root to the heap. Foreign mappings are gone by then.
 * Afterwards p2m is NULL, and the functions below find nothing and refuse to map (-ESRCH): the domain may
 * stay as a zombie. Idempotent. */
int arch_domain_destroy(struct arch_domain *a);

/* Map 2^order pages, both sides aligned to it, with the largest mappings that fit (1 GiB, 2 MiB, 4 KiB).
 * -EEXIST when something is mapped there, -ENOMEM when the pool is empty (then nothing is mapped), -ESRCH
 * when the domain is dying (mem->dying read under p2m_lock, so that destruction misses no mapping). */
int p2m_map(struct arch_domain *a, gfn_t g, mfn_t m, unsigned int order, enum p2m_type type);
/* Unmap one page, splitting a larger mapping if need be: -ENOENT when nothing is there, -ENOMEM when the
 * split needs a table and the pool is empty, -EINVAL for a grant. What was mapped comes back in *m and *type.
 */
int p2m_unmap(struct arch_domain *a, gfn_t g, mfn_t *m, enum p2m_type *type);
/* Unmap a grant, for who keeps the books about them: -EINVAL when none is there. */
int p2m_unmap_grant(struct arch_domain *a, gfn_t g, mfn_t *m);
/* Unmap 2^order aligned pages at once if one RAM mapping run covers them with contiguous, aligned frames;
 * -EINVAL otherwise (the caller goes page by page). */
int p2m_unmap_block(struct arch_domain *a, gfn_t g, unsigned int order, mfn_t *m);
/* What is mapped at g: the page itself in *m, the order of the mapping (0, 9, 18) in *order; either may be
 * NULL. */
enum p2m_type p2m_lookup(struct arch_domain *a, gfn_t g, mfn_t *m, unsigned int *order);
/* The first mapped gfn at or after g and what is there; false when there is none. */
bool p2m_next(struct arch_domain *a, gfn_t *g, mfn_t *m, unsigned int *order, enum p2m_type *type);

/* Changes that belong together: the caller holds p2m_lock from the first to the last. What is found stays
 * mapped, and a page of the domain's that is mapped is not freed, until the lock is let go. */

/* No CPU uses any longer what was taken away under the lock: waits until each that runs the domain has left
 * guest mode or entered it anew. Pages may be written, freed or given to others from here on, not before; the
 * retired tables go back to the pool. Costs nothing where nothing was taken away, and no waiting where the
 * domain is not in guest mode. May be called with locks up to RANK_PAGE_ALLOC held: the other CPU needs none
 * to leave its guest. docs/design.md, "Translations and who may keep them". */
void p2m_flush(struct arch_domain *a) REQUIRES(a->p2m_lock);
static inline void p2m_lock(struct arch_domain *a) ACQUIRES(a->p2m_lock)
{
    spin_lock(&a->p2m_lock);
    ASSERT(!a->p2m_owes_flush); /* else somebody has let go of the lock too soon */
}
/* The flush that may be owed comes first. */
static inline void p2m_unlock(struct arch_domain *a) RELEASES(a->p2m_lock)
{
    if (unlikely(a->p2m_owes_flush))
        p2m_flush(a);
    spin_unlock(&a->p2m_lock);
}
enum p2m_type p2m_lookup_locked(const struct arch_domain *a, gfn_t g, mfn_t *m, unsigned int *order)
    REQUIRES(a->p2m_lock);
int p2m_map_locked(struct arch_domain *a, gfn_t g, mfn_t m, unsigned int order, enum p2m_type type)
    REQUIRES(a->p2m_lock);
/* Make the tables that p2m_map_locked of 2^order pages at g will need, so that it fails afterwards only for
 * a dying domain; the same errors. */
int p2m_prepare(struct arch_domain *a, gfn_t g, unsigned int order) REQUIRES(a->p2m_lock);
/* How many of NR single pages from g on p2m_map_run can map: one at least, all in one table, which is made. 0
 * where p2m_prepare would refuse the first. p2m_map_run fails only for a dying domain. */
unsigned int p2m_prepare_run(struct arch_domain *a, gfn_t g, unsigned int nr) REQUIRES(a->p2m_lock);
int p2m_map_run(struct arch_domain *a, gfn_t g, mfn_t m, unsigned int nr) REQUIRES(a->p2m_lock);
/* Unmap the RAM at g: all of the mapping if that begins at g and is no larger than max_order, otherwise the
 * page. *m and *order say what it was. Its tables stay, so that it can be mapped again without fail. CPUs may
 * use the translation until p2m_flush. -EINVAL: no RAM there; -ENOMEM as p2m_unmap. */
int p2m_take_ram(struct arch_domain *a, gfn_t g, unsigned int max_order, mfn_t *m, unsigned int *order)
    REQUIRES(a->p2m_lock);
/* Retire the tables on the way to g that are empty. */
void p2m_tidy(struct arch_domain *a, gfn_t g) REQUIRES(a->p2m_lock);
#define P2M_MAX_GFN (1UL << 36) /* guests address up to 2^48 bytes */

/* ---- vCPUs ---- */

struct arch_vcpu *arch_vcpu_create(struct vcpu *v, struct arch_domain *a, unsigned int vcpu_id,
                                   nodeid_t node);
void arch_vcpu_destroy(struct arch_vcpu *v);
/* PVH start of day (Xen's docs/misc/pvh.pandoc): 32-bit protected mode at ENTRY, EBX = start_info. */
void arch_vcpu_set_pvh(struct arch_vcpu *v, uint32_t entry, uint32_t start_info);
/* XEN_DOMCTL_{get,set}hvmcontext: a stream of save records. -EINVAL for a stream or state no CPU could be in.
 * get: size of the whole stream; copies only when it fits. */
int arch_vcpu_check_context(const struct arch_vcpu *v, const void *stream, size_t size);
int arch_vcpu_set_context(struct arch_vcpu *v, const void *stream, size_t size);
size_t arch_vcpu_get_context(const struct arch_vcpu *v, void *stream, size_t capacity);
/* Run the guest until arch_vcpu_kick or an upcall says to stop; handles exits by itself. */
void arch_vcpu_run(struct arch_vcpu *v);
/* VCPUOP_initialise (xen/hvm/hvm_vcpu.h): -EINVAL for a state no CPU could be in. */
struct vcpu_hvm_context;
int arch_vcpu_set_start(struct arch_vcpu *v, const struct vcpu_hvm_context *ctx);
/* Would v take an interrupt now (RFLAGS.IF)? For the vCPU of this CPU. */
bool arch_vcpu_takes_interrupts(const struct arch_vcpu *v);
/* An interrupt for v's local APIC, as from a device: edge-triggered. Any CPU; the caller kicks v. */
void arch_vcpu_interrupt(struct arch_vcpu *v, uint8_t vector);
/* Has v's local APIC something for it that v takes now? For the vCPU of this CPU. */
bool arch_vcpu_has_interrupt(const struct arch_vcpu *v);
/* Has the guest switched v's local APIC on, so that interrupts can come from it? For the vCPU of this CPU. */
bool arch_vcpu_apic_is_on(const struct arch_vcpu *v);
/* Has v an NMI that it takes now? For the vCPU of this CPU, or one that is down. */
bool arch_vcpu_has_nmi(const struct arch_vcpu *v);
/* The time of upcall_apic_timer has come; the caller kicks v afterwards. */
void arch_vcpu_timer(struct arch_vcpu *v);
/* Has another vCPU sent v what it waits for in upcall_wait_start? */
bool arch_vcpu_has_start(const struct arch_vcpu *v);
/* Fill the page with the stubs of Xen's hypercall page; -EINVAL when G is not RAM of the domain's own. */
int arch_hypercall_page_fill(struct arch_domain *a, gfn_t g);
/* How often V has left the guest for a reason, one of the CPU's; *CODE is the CPU's number for it (~0: all
 * others). V may be running. */
#define ARCH_EXIT_KINDS 0x91
uint64_t arch_vcpu_exits(const struct arch_vcpu *v, unsigned int kind, uint32_t *code);
/* Print the guest's registers, for a crash report. */
void arch_vcpu_dump(const struct arch_vcpu *v);

/* Guest memory by guest virtual address of the vCPU that runs on this CPU, walked page by page through its
 * own tables. 0 or -EFAULT; a failing copy may have moved the pages before the fault. */
int arch_copy_from_guest(void *dst, guest_ptr_t src, size_t n);
int arch_copy_to_guest(guest_ptr_t dst, const void *src, size_t n);

/* ---- Upcalls: the only functions above that the architecture calls ---- */

#define HYPERCALL_ARGS 6
struct hypercall {
    uint64_t nr; /* Xen's hypercall number */
    uint64_t arg[HYPERCALL_ARGS];
    bool compat; /* by 32-bit code: structures in its layout, arguments and result of 32 bits */
};

/* Can 32-bit code go on with these arguments? A list that has run over its 4 GiB does not begin at 0 again.
 */
static inline bool call_fits_compat(const struct hypercall *call)
{
    uint64_t high = 0;

    for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
        high |= call->arg[i] >> 32;
    return high == 0;
}

/* The guest executed VMMCALL. Returns what goes into its rax; -ERESTART re-executes the instruction with the
 * (changed) arguments of *call. */
int64_t upcall_hypercall(struct vcpu *v, struct hypercall *call);
/* The guest executed HLT: give the CPU away until something happens. */
void upcall_halt(struct vcpu *v, bool interrupts_enabled);
/* V has come to this CPU, or LEAVES it now: with its memory at hand (arch_copy_to_guest). */
void upcall_switch(struct vcpu *v, bool leaves);
/* The guest cannot go on (triple fault, invalid state, unmapped access): stop and report its domain. */
void upcall_crash(struct vcpu *v, const char *reason);
/* A CPU other than the boot CPU is ready; it has its stacks, timer and SVM. */
NORETURN void upcall_cpu_started(void);
/* A non-maskable interrupt, maybe from arch_cpu_nmi: under whatever locks. False: nobody has asked for it,
 * which is a panic. */
bool upcall_nmi(void);
/* The timer of this CPU fired. */
void upcall_timer(void);
/* The machine has reported an error; also from #MC, so under whatever locks: takes none, and prints nothing
 * unless it panics. */
void upcall_machine_check(const struct machine_check *mc);
/* The guest asks for its hypercall page, in code of 32 or 64 bits: what it shares has that width. */
void upcall_hypercall_page(struct vcpu *v, bool compat);
/* Asked before every entry: must this vCPU leave the CPU now? */
bool upcall_need_resched(struct vcpu *v);
/* Asked before every entry, after upcall_need_resched: the vector that the guest is to be interrupted with as
 * soon as it takes interrupts, or -1. Level-triggered: the same answer until the guest has taken notice. */
int upcall_interrupt(struct vcpu *v);

/* ---- for local APICs ---- */

/* Number ID of v's domain, NULL: there is none. */
struct arch_vcpu *upcall_find_vcpu(struct vcpu *v, unsigned int id);
/* v, of the same domain, has got something: it is woken if it sleeps, and leaves guest mode. */
void upcall_kick(struct vcpu *v);
/* The same, and it is an NMI: it ends HLT whether v takes interrupts or not. */
void upcall_sent_nmi(struct vcpu *v);
/* v, which waits for its start or was never started, gets a CPU to find out where. */
void upcall_start(struct vcpu *v);
/* v, the caller's own, waits for its start from now on: it goes down, but for arch_vcpu_has_start. */
void upcall_wait_start(struct vcpu *v);
/* Call arch_vcpu_timer(v) at DEADLINE (absolute ns; TIMER_NEVER: then it does not run any more). */
void upcall_apic_timer(struct vcpu *v, uint64_t deadline);
/* The hypervisor's start in C, on its own stack with its own page tables' early form. Never returns. */
NORETURN void kernel_main(const struct boot_info *bi);
