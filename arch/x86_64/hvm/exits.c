/* SPDX-License-Identifier: MIT */
/* VM exits: one table from exit code to handler, and the short handlers. */
#include "exits.h"
#include "cpu/mca.h"
#include "error.h"
#include "guest/cpuid_policy.h"
#include "guest/fpu.h"
#include "guest/msr_policy.h"
#include "guest_bits.h"
#include "insn_decode.h"
#include "log.h"
#include <stdio.h>
#include <string.h>

/* Behind the current instruction; if it is not the expected one (the guest changes its code while it runs)
 * the guest gets #GP and the exit is over. */
static bool skip(struct arch_vcpu *v, uint32_t opcode)
{
    unsigned int length = insn_length(v, opcode);

    if (unlikely(!length)) {
        svm_inject_error(v, X_GP, 0);
        return false;
    }
    insn_skip(v, length);
    return true;
}

static void set_pair(struct arch_vcpu *v, uint64_t value)
{
    v->vmcb->rax = (uint32_t)value;
    v->regs.rdx = value >> 32;
}

/* Host events: svm_enter took them already, or left them for the host's handler. */
static void exit_host(struct arch_vcpu *v UNUSED)
{
}

static void exit_cpuid(struct arch_vcpu *v)
{
    struct cpuid c;

    if (!skip(v, OP_CPUID))
        return;
    c = cpuid_policy(v, (uint32_t)v->vmcb->rax, (uint32_t)v->regs.rcx);
    v->vmcb->rax = c.eax;
    v->regs.rbx = c.ebx;
    v->regs.rcx = c.ecx;
    v->regs.rdx = c.edx;
}

static void exit_msr(struct arch_vcpu *v)
{
    bool write = v->vmcb->exit_info1;
    uint32_t msr = (uint32_t)v->regs.rcx;
    uint64_t value = v->regs.rdx << 32 | (uint32_t)v->vmcb->rax;

    if (write ? msr_write(v, msr, value) : msr_read(v, msr, &value)) {
        svm_inject_error(v, X_GP, 0);
        return;
    }
    if (skip(v, write ? OP_WRMSR : OP_RDMSR) && !write)
        set_pair(v, value);
}

static void exit_hlt(struct arch_vcpu *v)
{
    if (skip(v, OP_HLT) && !(v->vmcb->event_inj & EVENT_VALID)) /* a single-step trap ends it at once */
        upcall_halt(v->vcpu, v->vmcb->rflags & GUEST_RFLAGS_IF);
}

/* INVD and WBINVD: nothing of a guest's is uncached, no device sees its memory, so its caches need no flush.
 * QEMU reports both as WBINVD. */
static void exit_flush(struct arch_vcpu *v)
{
    unsigned int length = insn_length(v, OP_WBINVD);

    if (!length)
        length = insn_length(v, OP_INVD);
    if (length)
        insn_skip(v, length);
    else
        svm_inject_error(v, X_GP, 0);
}

/* Xen's 64-bit convention: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9, result in rax. */
static int64_t hypercall64(struct arch_vcpu *v)
{
    struct guest_regs *r = &v->regs;
    struct hypercall call = {v->vmcb->rax, {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9}, false};
    int64_t rc = upcall_hypercall(v->vcpu, &call);

    if (unlikely(rc == -ERESTART)) {
        v->vmcb->rax = call.nr;
        r->rdi = call.arg[0];
        r->rsi = call.arg[1];
        r->rdx = call.arg[2];
        r->r10 = call.arg[3];
        r->r8 = call.arg[4];
        r->r9 = call.arg[5];
    }
    return rc;
}

/* Xen's 32-bit convention: number in eax, arguments in ebx, ecx, edx, esi, edi, ebp, result in eax. */
static int64_t hypercall32(struct arch_vcpu *v)
{
    struct guest_regs *r = &v->regs;
    uint64_t *const reg[HYPERCALL_ARGS] = {&r->rbx, &r->rcx, &r->rdx, &r->rsi, &r->rdi, &r->rbp};
    struct hypercall call = {.nr = (uint32_t)v->vmcb->rax, .compat = true};
    int64_t rc;

    for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
        call.arg[i] = (uint32_t)*reg[i];
    rc = upcall_hypercall(v->vcpu, &call);
    if (rc != -ERESTART)
        return (uint32_t)rc;
    if (!call_fits_compat(&call))
        return (uint32_t)-EFAULT;
    v->vmcb->rax = call.nr;
    for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
        *reg[i] = (uint32_t)call.arg[i];
    return rc;
}

/* The guest's mode decides about the convention. */
static void exit_vmmcall(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;
    unsigned int length = insn_length(v, OP_VMMCALL);
    int64_t rc;

    if (unlikely(!length)) {
        svm_inject_error(v, X_GP, 0);
        return;
    }
    if (unlikely(c->cpl))
        rc = -EPERM; /* user programs do not call the hypervisor */
    else
        rc = likely(in_long_mode(c)) ? hypercall64(v) : hypercall32(v);
    if (rc == -ERESTART)
        return;
    c->rax = (uint64_t)rc;
    insn_skip(v, length);
}

static void exit_ud(struct arch_vcpu *v)
{
    svm_inject(v, X_UD);
}

static void exit_gp(struct arch_vcpu *v)
{
    svm_inject_error(v, X_GP, 0);
}

/* #DB and #AC are intercepted because a guest can make the CPU deliver them without end, and nothing else,
 * not even an interrupt, would stop that. They go to the guest as they came. */
static void exit_db(struct arch_vcpu *v)
{
    svm_inject(v, X_DB);
}

static void exit_ac(struct arch_vcpu *v)
{
    svm_inject_error(v, X_AC, 0);
}

/* The intercept takes the exception's place, its handler has not run. */
static void exit_mc(struct arch_vcpu *v)
{
    bool can_resume;

    if (!mca_exception(true, &can_resume))
        panic("machine check while a guest ran, and none was expected");
    if (!can_resume)
        upcall_crash(v->vcpu, "a machine check interrupted it, and it cannot go on");
}

/* It runs now, and NMIs come again when it is done. */
static void exit_iret(struct arch_vcpu *v)
{
    v->vmcb->intercept &= ~INTERCEPT_IRET;
    vlapic_iret(v);
}

static void exit_shutdown(struct arch_vcpu *v)
{
    upcall_crash(v->vcpu, "triple fault");
}

/* Another CPU may have been changing the tables, as exchange does, which maps the new page where it has just
 * unmapped the old one: under p2m_lock one sees what has come of it. Nothing but a page that is granted for
 * reading refuses writes: #GP as in Xen. */
NOINLINE static void exit_npf(struct arch_vcpu *v)
{
    const struct vmcb *c = v->vmcb;
    enum p2m_type type;
    char reason[80];

    if (exit_apic_access(v))
        return;
    type = p2m_lookup(v->domain, gpaddr_to_gfn(gpaddr(c->exit_info2)), NULL, NULL);
    if (type == P2M_GRANT_RO && (c->exit_info1 & NPF_WRITE))
        svm_inject_error(v, X_GP, 0);
    if (type != P2M_NONE || exit_unclaimed(v))
        return;
    snprintf(reason, sizeof(reason), "%s guest address %#lx, where nothing is mapped",
             c->exit_info1 & NPF_FETCH   ? "fetch from"
             : c->exit_info1 & NPF_WRITE ? "write to"
                                         : "read from",
             c->exit_info2);
    upcall_crash(v->vcpu, reason);
}

/* The state the CPU refused is the guest's own doing, and QEMU has put the hypervisor's into its place. */
NOINLINE static void exit_invalid(struct arch_vcpu *v)
{
    struct vmcb *c = v->vmcb;

    memset((char *)c + VMCB_SAVE_AREA, 0, sizeof(*c) - VMCB_SAVE_AREA);
    c->rip = v->entry.rip;
    c->cr0 = v->entry.cr0;
    c->cr3 = v->entry.cr3;
    c->cr4 = v->entry.cr4;
    c->efer = v->entry.efer;
    c->exit_int_info = 0;
    upcall_crash(v->vcpu, "state that the CPU refuses");
}

static void (*const handlers[])(struct arch_vcpu *) = {
    [EXIT_CR4_READ] = exit_cr4_read,
    [EXIT_CR4_WRITE] = exit_cr4,
    [EXIT_CR8_WRITE] = exit_cr8,
    [EXIT_DB] = exit_db,
    [EXIT_AC] = exit_ac,
    [EXIT_MC] = exit_mc,
    [EXIT_INTR] = exit_host,
    [EXIT_NMI] = exit_host,
    [EXIT_SMI] = exit_host,
    [EXIT_INIT] = exit_host,
    [EXIT_VINTR] = svm_interrupt_window,
    [EXIT_CR0_SEL] = exit_cr0,
    [EXIT_RDPMC] = exit_gp, /* no performance counters */
    [EXIT_CPUID] = exit_cpuid,
    [EXIT_RSM] = exit_ud, /* never in system management mode */
    [EXIT_IRET] = exit_iret,
    [EXIT_INVD] = exit_flush,
    [EXIT_HLT] = exit_hlt,
    [EXIT_INVLPGA] = exit_ud, /* SVM itself is not for guests: EFER.SVME is 0, so #UD */
    [EXIT_IOIO] = exit_ioio,
    [EXIT_MSR] = exit_msr,
    [EXIT_SHUTDOWN] = exit_shutdown,
    [EXIT_VMRUN] = exit_ud,
    [EXIT_VMMCALL] = exit_vmmcall,
    [EXIT_VMLOAD] = exit_ud,
    [EXIT_VMSAVE] = exit_ud,
    [EXIT_STGI] = exit_ud,
    [EXIT_CLGI] = exit_ud,
    [EXIT_SKINIT] = exit_ud,
    [EXIT_RDTSCP] = exit_ud, /* hidden in CPUID, as are the next three */
    [EXIT_WBINVD] = exit_flush,
    [EXIT_MONITOR] = exit_ud,
    [EXIT_MWAIT] = exit_ud,
    [EXIT_MWAIT_COND] = exit_ud,
    [EXIT_XSETBV] = exit_xsetbv,
    [EXIT_RDPRU] = exit_ud,
};

NOINLINE static void exit_unexpected(struct arch_vcpu *v)
{
    char reason[40];

    snprintf(reason, sizeof(reason), "unexpected exit %#lx", v->vmcb->exit_code);
    upcall_crash(v->vcpu, reason);
}

/* Behind the codes that have a handler. */
#define KIND_NPF   ARRAY_SIZE(handlers)
#define KIND_OTHER (KIND_NPF + 1)
_Static_assert(KIND_OTHER + 1 == ARCH_EXIT_KINDS, "one counter for each kind of exit");

uint64_t arch_vcpu_exits(const struct arch_vcpu *v, unsigned int kind, uint32_t *code)
{
    *code = kind == KIND_NPF ? EXIT_NPF : kind == KIND_OTHER ? ~0U : kind;
    return READ_ONCE(v->exits[kind]);
}

void svm_handle_exit(struct arch_vcpu *v)
{
    uint64_t code = v->vmcb->exit_code;

    v->exits[code < ARRAY_SIZE(handlers) ? code : code == EXIT_NPF ? KIND_NPF : KIND_OTHER]++;
    if (likely(code < ARRAY_SIZE(handlers) && handlers[code]))
        handlers[code](v);
    else if (code == EXIT_NPF)
        exit_npf(v);
    else if ((uint32_t)code == EXIT_INVALID)
        exit_invalid(v);
    else
        exit_unexpected(v);
}
