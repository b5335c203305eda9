/* SPDX-License-Identifier: MIT */
/* Machine checks: switching them on, #MC, and the look at the banks from time to time. */
#include "mca.h"
#include "insn.h"
#include "lapic.h"
#include "log.h"
#include "map.h"
#include "registers.h"

#define MAX_BANKS 32U /* that have MSRs here */

enum bank_register { BANK_CTL, BANK_STATUS, BANK_ADDR };

static unsigned int nr_banks; /* of the boot CPU; 0: machine checks are not switched on */
static bool overflow_recovers;
/* When an error that makes an exception was taken from a bank last, on any CPU, for CPUs share banks: the
 * poll may be faster than the exception. */
#define EXCEPTION_NS 1000000000UL /* by then it has come */
static uint64_t uncorrected_at;

static uint32_t bank_msr(unsigned int bank, enum bank_register r)
{
    return MSR_MC0_CTL + 4 * bank + r;
}

/* The error of a bank, which is free for the next one then. False: there is none. */
static bool take_error(unsigned int bank, bool can_resume, struct machine_check *mc)
{
    uint64_t status = rdmsr(bank_msr(bank, BANK_STATUS)), address = 0;

    if (!(status & MCI_STATUS_VAL))
        return false;
    if (status & MCI_STATUS_ADDRV)
        address = rdmsr(bank_msr(bank, BANK_ADDR));
    if (status & MCI_STATUS_UC)
        __atomic_store_n(&uncorrected_at, arch_now(), __ATOMIC_RELEASE);
    wrmsr(bank_msr(bank, BANK_STATUS), 0);
    *mc = mca_decode(bank, status, address, can_resume, overflow_recovers);
    return true;
}

static bool report_errors(bool can_resume)
{
    struct machine_check mc;
    bool any = false;

    for (unsigned int i = 0; i < nr_banks; i++) {
        if (!take_error(i, can_resume, &mc))
            continue;
        any = true;
        upcall_machine_check(&mc);
    }
    return any;
}

/* The timer ends a guest that is entered, or a sleep that begins, before the error is seen there. */
bool mca_exception(bool in_guest, bool *can_resume)
{
    uint64_t mcg = nr_banks ? rdmsr(MSR_MCG_STATUS) : 0;
    uint64_t taken_at;
    bool explained;

    *can_resume = mcg & MCG_STATUS_RIPV;
    if (!nr_banks)
        return false;
    explained = report_errors(in_guest || *can_resume);
    taken_at = __atomic_load_n(&uncorrected_at, __ATOMIC_ACQUIRE);
    explained = explained || (taken_at && arch_now() - taken_at < EXCEPTION_NS);
    if (!explained || !(in_guest || *can_resume))
        panic("machine check that no bank explains, MCG_STATUS %#lx", mcg);
    wrmsr(MSR_MCG_STATUS, 0);
    lapic_timer_start(0);
    return true;
}

/* Corrected errors make no exception. An exception that QEMU has delivered to a guest, whatever is
 * intercepted, is found here as well, and is over. */
void arch_machine_check_poll(void)
{
    if (report_errors(true))
        wrmsr(MSR_MCG_STATUS, 0);
}

void mca_cpu_init(void)
{
    const uint32_t wanted = CPUID1_EDX_MCE | CPUID1_EDX_MCA;
    struct machine_check old;
    uint64_t cap;

    if ((cpuid(1, 0).edx & wanted) != wanted) {
        log_info("machine checks: CPU %u does not report them\n", smp_processor_id());
        return;
    }
    cap = rdmsr(MSR_MCG_CAP);
    if (smp_processor_id() == 0) {
        nr_banks = (unsigned int)MIN(cap & MCG_CAP_COUNT, MAX_BANKS);
        overflow_recovers =
            cpuid(0x80000000, 0).eax >= 0x80000007 && cpuid(0x80000007, 0).ebx & CPUID_RAS_OVERFLOW;
    }
    for (unsigned int i = 0; i < nr_banks; i++) {
        if (take_error(i, true, &old))
            log_warn("machine check from before the start: bank %u, status %#lx, address %#lx\n", i,
                     old.status, old.address);
        wrmsr(bank_msr(i, BANK_CTL), UINT64_MAX);
    }
    if (cap & MCG_CAP_CTL)
        wrmsr(MSR_MCG_CTL, UINT64_MAX);
    write_cr4(read_cr4() | CR4_MCE);
}
