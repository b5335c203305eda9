/* SPDX-License-Identifier: MIT */
/* Machine check banks: their bits, and what an error in one means (AMD64 manual volume 2, chapter 9). */
#pragma once

#include "arch.h"

#define MCG_CAP_COUNT       0xffUL
#define MCG_CAP_CTL         (1UL << 8)
#define MCG_STATUS_RIPV     (1UL << 0) /* the interrupted code can go on */

#define MCI_STATUS_VAL      (1UL << 63)
#define MCI_STATUS_OVER     (1UL << 62) /* another error was lost */
#define MCI_STATUS_UC       (1UL << 61) /* the hardware has not corrected it */
#define MCI_STATUS_ADDRV    (1UL << 58)
#define MCI_STATUS_PCC      (1UL << 57) /* the CPU's own state may be wrong */
#define MCI_STATUS_DEFERRED (1UL << 44) /* not corrected, but nobody has used the data yet */
#define MCI_ADDR_PAGE       0x000ffffffffff000UL

/* MCi_STATUS and MCi_ADDR of a bank whose VAL is set. CAN_RESUME: the hypervisor's own code was not
 * interrupted, or can go on. OVERFLOW_RECOVERS: no error that was lost can have been a worse one. */
static inline struct machine_check mca_decode(unsigned int bank, uint64_t status, uint64_t address,
                                              bool can_resume, bool overflow_recovers)
{
    struct machine_check mc = {
        .kind = MACHINE_CHECK_FATAL, .bank = bank, .status = status, .mfn = INVALID_MFN, .why = NULL};

    if (status & MCI_STATUS_ADDRV) {
        mc.address = address;
        mc.mfn = paddr_to_mfn(paddr(address & MCI_ADDR_PAGE));
    }
    if (status & MCI_STATUS_PCC)
        mc.why = "the CPU's own state is lost";
    else if (!(status & (MCI_STATUS_UC | MCI_STATUS_DEFERRED)))
        mc.kind = MACHINE_CHECK_CORRECTED;
    else if (status & MCI_STATUS_UC && !can_resume)
        mc.why = "the hypervisor's code that it interrupted cannot go on";
    else if (status & MCI_STATUS_OVER && !overflow_recovers)
        mc.why = "another error was lost with it";
    else if (!(status & MCI_STATUS_ADDRV))
        mc.why = "it has no address, so nobody knows whose data is lost";
    else
        mc.kind = MACHINE_CHECK_DATA_LOST;
    return mc;
}

/* Switch machine checks on, on this CPU; needs its local APIC. What was left in the banks is logged. */
void mca_cpu_init(void);
/* #MC, while the hypervisor ran or a guest (IN_GUEST): tell all errors to upcall_machine_check. False: they
 * are not switched on yet. *CAN_RESUME: the interrupted code can go on; only a guest's cannot, for the
 * hypervisor's that is a panic. Takes no lock. */
bool mca_exception(bool in_guest, bool *can_resume);
