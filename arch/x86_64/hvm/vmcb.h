/* SPDX-License-Identifier: MIT */
/* The virtual machine control block: layout, intercepts and exit codes (AMD64 APM volume 2, appendices B and
 * C). */
#pragma once

#include "types.h"
#include <public/exits.h>

/* Intercept bits of the words at 0xc and 0x10. An exit code is 0x60 + the bit's number, 0x80 + for the
 * second. */
#define INTERCEPT_INTR      (1U << 0)
#define INTERCEPT_NMI       (1U << 1)
#define INTERCEPT_SMI       (1U << 2)
#define INTERCEPT_INIT      (1U << 3)
#define INTERCEPT_VINTR     (1U << 4)
#define INTERCEPT_CR0_SEL   (1U << 5) /* writes to CR0 that change more than TS and MP */
#define INTERCEPT_RDPMC     (1U << 15)
#define INTERCEPT_CPUID     (1U << 18)
#define INTERCEPT_RSM       (1U << 19)
#define INTERCEPT_IRET      (1U << 20)
#define INTERCEPT_INVD      (1U << 22)
#define INTERCEPT_HLT       (1U << 24)
#define INTERCEPT_INVLPGA   (1U << 26)
#define INTERCEPT_IOIO      (1U << 27)
#define INTERCEPT_MSR       (1U << 28)
#define INTERCEPT_SHUTDOWN  (1U << 31)

#define INTERCEPT2_VMRUN    (1U << 0)
#define INTERCEPT2_VMMCALL  (1U << 1)
#define INTERCEPT2_VMLOAD   (1U << 2)
#define INTERCEPT2_VMSAVE   (1U << 3)
#define INTERCEPT2_STGI     (1U << 4)
#define INTERCEPT2_CLGI     (1U << 5)
#define INTERCEPT2_SKINIT   (1U << 6)
#define INTERCEPT2_RDTSCP   (1U << 7)
#define INTERCEPT2_WBINVD   (1U << 9)
#define INTERCEPT2_MONITOR  (1U << 10)
#define INTERCEPT2_MWAIT    (3U << 11) /* with and without an armed monitor */
#define INTERCEPT2_XSETBV   (1U << 13)
#define INTERCEPT2_RDPRU    (1U << 14)

#define INTERCEPT_CR4_READ  (1U << 4) /* word 0: reads of CR0-15, then writes */
#define INTERCEPT_CR4_WRITE (1U << 20)
#define INTERCEPT_CR8_WRITE (1U << 24)

/* All that has a handler (exits.c) is in this list, and so has a name. */
#define EXIT_CODE_OF(reason, code, name) EXIT_##reason = (code),
enum exit_code { ALLOD_EXIT_REASONS(EXIT_CODE_OF) };
#define EXIT_INVALID 0xffffffffU /* compared in 32 bits: QEMU does not sign-extend it to 64 */

/* EVENTINJ and EXITINTINFO: vector, type, error code; VALID alone says whether the rest means anything. */
#define EVENT_VECTOR    0xffU
#define EVENT_TYPE      (7U << 8)
#define EVENT_INTR      (0U << 8)
#define EVENT_NMI       (2U << 8)
#define EVENT_EXCEPTION (3U << 8)
#define EVENT_SOFT      (4U << 8)
#define EVENT_ERROR     (1U << 11)
#define EVENT_VALID     (1U << 31)

/* exit_info1 of EXIT_NPF: a page fault's error code, and more (15.25.6). */
#define NPF_PRESENT (1U << 0)
#define NPF_WRITE   (1U << 1)
#define NPF_FETCH   (1U << 4)
#define NPF_TABLES  (1UL << 33) /* the CPU walked the guest's page tables there */

/* Host IF decides about physical interrupts, guest IF about virtual ones. */
#define V_INTR_MASKING (1U << 24)
#define V_IRQ          (1U << 8)  /* a virtual interrupt waits */
#define V_IGN_TPR      (1U << 20) /* whatever the guest's CR8 says */
#define INT_SHADOW     1U         /* of int_shadow: behind STI or a load of SS */
#define TLB_FLUSH_ALL  1U

struct vmcb_seg {
    uint16_t selector;
    uint16_t attr; /* bits 0-7: type, S, DPL, P; 8-11: AVL, L, D/B, G */
    uint32_t limit;
    uint64_t base;
};
#define SEG_L (1U << 9)
#define SEG_D (1U << 10)

struct vmcb {
    /* Control area */
    uint32_t intercept_cr, intercept_dr, intercept_exceptions, intercept, intercept2, intercept3;
    uint8_t rsvd1[0x40 - 0x18];
    uint64_t iopm_base, msrpm_base, tsc_offset;
    uint32_t asid, tlb_control;
    uint32_t int_ctl, int_vector;
    uint64_t int_shadow;
    uint64_t exit_code, exit_info1, exit_info2;
    uint32_t exit_int_info, exit_int_error;
    uint64_t nested_ctl;
    uint8_t rsvd2[0xa8 - 0x98];
    uint32_t event_inj, event_inj_error;
    uint64_t nested_cr3, lbr_ctl;
    uint32_t clean, rsvd3;
    uint64_t next_rip;
    uint8_t rsvd4[0x400 - 0xd0];

    /* Save area */
    struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t rsvd5[0x4cb - 0x4a0];
    uint8_t cpl;
    uint32_t rsvd6;
    uint64_t efer;
    uint8_t rsvd7[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t rsvd8[0x5d8 - 0x580];
    uint64_t rsp;
    uint8_t rsvd9[0x5f8 - 0x5e0];
    uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base, sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    uint8_t rsvd10[0x668 - 0x648];
    uint64_t g_pat;
    uint8_t rsvd11[PAGE_SIZE - 0x670];
};
#define VMCB_SAVE_AREA offsetof(struct vmcb, es)
_Static_assert(offsetof(struct vmcb, iopm_base) == 0x40 && offsetof(struct vmcb, asid) == 0x58,
               "VMCB control");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70 && offsetof(struct vmcb, event_inj) == 0xa8,
               "VMCB exits");
_Static_assert(offsetof(struct vmcb, next_rip) == 0xc8 && VMCB_SAVE_AREA == 0x400,
               "VMCB next RIP, save area");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0 && offsetof(struct vmcb, cr4) == 0x548, "VMCB efer, cr4");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8 && offsetof(struct vmcb, rax) == 0x5f8, "VMCB rsp, rax");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640 && offsetof(struct vmcb, g_pat) == 0x668, "VMCB cr2, PAT");
_Static_assert(sizeof(struct vmcb) == PAGE_SIZE, "VMCB size");
