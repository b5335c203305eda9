/* SPDX-License-Identifier: MIT */
/* A vCPU's local APIC (AMD64 APM volume 2, chapter 16): xAPIC at 0xfee00000, or x2APIC by MSRs. Its id is the
 * vCPU's number. There is no I/O APIC: what interrupts a guest are its own IPIs, its timer, and events.
 *
 * Who may change what. The registers are the vCPU's own: it alone writes them, in its exits. Others set bits
 * of IRR and of `requests`, atomically and in this order, and kick the vCPU; it looks at `requests` before
 * each entry, and before it sleeps. */
#pragma once

#include "types.h"

/* Registers by number: the offset in the page / 16, the MSR - 0x800. */
enum vlapic_reg {
    VLAPIC_ID = 0x02,
    VLAPIC_VERSION = 0x03,
    VLAPIC_TPR = 0x08,
    VLAPIC_PPR = 0x0a,
    VLAPIC_EOI = 0x0b,
    VLAPIC_LDR = 0x0d,
    VLAPIC_DFR = 0x0e,
    VLAPIC_SVR = 0x0f,
    VLAPIC_ISR = 0x10, /* eight registers, as the next two */
    VLAPIC_TMR = 0x18,
    VLAPIC_IRR = 0x20,
    VLAPIC_ESR = 0x28,
    VLAPIC_ICR = 0x30,
    VLAPIC_ICR_HIGH = 0x31,
    VLAPIC_LVT_TIMER = 0x32,
    VLAPIC_LVT_THERMAL = 0x33,
    VLAPIC_LVT_PERF = 0x34,
    VLAPIC_LVT_LINT0 = 0x35,
    VLAPIC_LVT_LINT1 = 0x36,
    VLAPIC_LVT_ERROR = 0x37,
    VLAPIC_TIMER_INITIAL = 0x38,
    VLAPIC_TIMER_CURRENT = 0x39,
    VLAPIC_TIMER_DIVIDE = 0x3e,
    VLAPIC_SELF_IPI = 0x3f, /* x2APIC only */
    VLAPIC_REGS = 0x40,
};

#define VLAPIC_MSRS         0x800U
#define VLAPIC_SVR_ENABLE   (1U << 8)
#define VLAPIC_LVT_MASKED   (1U << 16)
#define VLAPIC_LVT_PERIODIC (1U << 17)

/* What the vCPU has to attend to before it enters the guest. */
#define VLAPIC_IRR_SET 1U /* IRR may have bits */
#define VLAPIC_NMI     2U
#define VLAPIC_WAIT    4U /* it was reset by INIT, or never started: it does not run before a SIPI comes */
#define VLAPIC_SIPI    8U

struct vlapic {
    uint32_t requests;   /* atomic */
    uint8_t sipi_vector; /* of VLAPIC_SIPI */
    uint8_t in_service;  /* which registers of ISR have bits */
    bool nmi_blocked;    /* until the guest's next IRET */
    bool fired;          /* the timer is a one-shot that was DUE: it stands still */
    uint64_t nmi_iret;   /* where that is, else ~0 */
    uint64_t base;       /* MSR APIC_BASE */
    uint64_t period;     /* ns; 0: the timer has nothing to count */
    uint64_t due;        /* ns of arch_now: when it fires next, or has fired */
    uint32_t errors;     /* what ESR says when it is written next */
    uint32_t reg[VLAPIC_REGS];
};

struct arch_vcpu;

/* ---- The vCPU's own part ---- */

void vlapic_init(struct arch_vcpu *v);
/* The registers as INIT leaves them; the mode stays. */
void vlapic_reset(struct arch_vcpu *v);
/* V has got a state to start from by another way than SIPI. */
void vlapic_started(struct arch_vcpu *v);
/* Before an entry, when there are requests, NMIs for one. False: V has changed altogether, or must not run;
 * ask again. */
bool vlapic_attend(struct arch_vcpu *v);
/* Then, with VLAPIC_IRR_SET: the interrupt that comes next, or a window for it. */
void vlapic_deliver(struct arch_vcpu *v);
/* The highest interrupt that its priority lets pass, or -1. */
int vlapic_deliverable(const struct arch_vcpu *v);
/* The guest executes IRET while NMIs are blocked. */
void vlapic_iret(struct arch_vcpu *v);

/* Does it have registers in memory? */
bool vlapic_is_xapic(const struct arch_vcpu *v);
uint32_t vlapic_read(struct arch_vcpu *v, unsigned int offset);
void vlapic_write(struct arch_vcpu *v, unsigned int offset, uint32_t value);
/* MSRs from VLAPIC_MSRS on, and APIC_BASE. 0, or -EINVAL: #GP. */
int vlapic_msr_read(struct arch_vcpu *v, uint32_t msr, uint64_t *value);
int vlapic_msr_write(struct arch_vcpu *v, uint32_t msr, uint64_t value);
int vlapic_base_write(struct arch_vcpu *v, uint64_t value);

/* Xen's save records. The vCPU does not run. */
struct hvm_hw_lapic;
struct hvm_hw_lapic_regs;
void vlapic_save(const struct arch_vcpu *v, struct hvm_hw_lapic *l, struct hvm_hw_lapic_regs *r);
/* -EINVAL when no local APIC of v could be in this state. */
int vlapic_check_saved(const struct arch_vcpu *v, const struct hvm_hw_lapic *l,
                       const struct hvm_hw_lapic_regs *r);
void vlapic_load(struct arch_vcpu *v, const struct hvm_hw_lapic *l, const struct hvm_hw_lapic_regs *r);

/* ---- Between its files ---- */

bool vlapic_is_x2apic(const struct arch_vcpu *v);
uint32_t vlapic_tpr(const struct arch_vcpu *v);
void vlapic_write_tpr(struct arch_vcpu *v, uint32_t tpr);
uint32_t vlapic_ppr(const struct arch_vcpu *v);
uint32_t vlapic_ldr(const struct arch_vcpu *v);
void vlapic_eoi(struct arch_vcpu *v);
/* Mark VECTOR in IRR, on behalf of whatever CPU, or REQUEST; the caller kicks V. */
void vlapic_accept(struct arch_vcpu *v, uint8_t vector);
void vlapic_request(struct arch_vcpu *v, uint32_t request);
/* The interrupt of a local source (one of its registers LVT_*). */
void vlapic_local(struct arch_vcpu *v, enum vlapic_reg lvt);
#define VLAPIC_SEND_ILLEGAL     (1U << 5)
#define VLAPIC_REGISTER_ILLEGAL (1U << 7)
void vlapic_error(struct arch_vcpu *v, uint32_t error);
/* The interrupt command that V has written; DEST as the mode has it, 8 or 32 bits. */
#define VLAPIC_TO_SELF (1U << 18) /* of a command: whatever DEST is */
void vlapic_send(struct arch_vcpu *v, uint32_t command, uint32_t dest);
/* Start, or stop with an initial count of 0. */
void vlapic_timer_start(struct arch_vcpu *v, uint32_t initial);
void vlapic_timer_divide(struct arch_vcpu *v, uint32_t divide);
/* Its entry in the local vector table becomes LVT. */
void vlapic_timer_mode(struct arch_vcpu *v, uint32_t lvt);
uint32_t vlapic_timer_current(const struct arch_vcpu *v);
uint32_t vlapic_timer_divisor(const struct arch_vcpu *v);
/* A timer that has CURRENT left of INITIAL; the divisor and the mode are set. */
void vlapic_timer_load(struct arch_vcpu *v, uint32_t initial, uint32_t current);
/* Register NR as the guest sees it. */
uint32_t vlapic_register(const struct arch_vcpu *v, unsigned int nr);
/* Could register NR have this value? Those that the vCPU's number or others decide are not looked at. */
bool vlapic_value_is_valid(unsigned int nr, uint32_t value, bool x2apic);
/* All but those, and the timer's; the values are 16 bytes apart, and valid. Nothing is sent. */
void vlapic_load_registers(struct arch_vcpu *v, const uint8_t *values);
