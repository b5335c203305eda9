/* SPDX-License-Identifier: MIT */
/* vCPUs: their pages, what they intercept, and the PVH start of day. */
#include "fpu.h"
#include "heap.h"
#include "hvm/cr_rules.h"
#include "hvm/guest_bits.h"
#include "log.h"

#define NO_CPU        (~0U)
#define NESTED_PAGING 1UL

/* Everything that would reach hardware, reveal the host, or stop the CPU. */
static void init_control(struct vmcb *c, const struct arch_domain *a)
{
    c->intercept_cr = INTERCEPT_CR4_READ | INTERCEPT_CR4_WRITE;
    c->intercept_exceptions = 1U << X_DB | 1U << X_AC | 1U << X_MC;
    c->intercept = INTERCEPT_INTR | INTERCEPT_NMI | INTERCEPT_SMI | INTERCEPT_INIT | INTERCEPT_CR0_SEL |
                   INTERCEPT_RDPMC | INTERCEPT_CPUID | INTERCEPT_RSM | INTERCEPT_INVD | INTERCEPT_HLT |
                   INTERCEPT_INVLPGA | INTERCEPT_IOIO | INTERCEPT_MSR | INTERCEPT_SHUTDOWN;
    c->intercept2 = INTERCEPT2_VMRUN | INTERCEPT2_VMMCALL | INTERCEPT2_VMLOAD | INTERCEPT2_VMSAVE |
                    INTERCEPT2_STGI | INTERCEPT2_CLGI | INTERCEPT2_SKINIT | INTERCEPT2_RDTSCP |
                    INTERCEPT2_WBINVD | INTERCEPT2_MONITOR | INTERCEPT2_MWAIT | INTERCEPT2_XSETBV |
                    INTERCEPT2_RDPRU;
    c->iopm_base = svm_features.iopm;
    c->msrpm_base = svm_features.msrpm;
    c->int_ctl = V_INTR_MASKING;
    c->nested_ctl = NESTED_PAGING;
    c->nested_cr3 = virt_to_paddr(a->p2m).v;
    c->g_pat = PAT_DEFAULT;
    c->efer = GUEST_EFER_SVME;
    c->dr6 = GUEST_DR6_INIT;
    c->dr7 = GUEST_DR7_INIT;
    c->cr0 = CR0_ET;
    c->rflags = GUEST_RFLAGS_ONE;
}

struct arch_vcpu *arch_vcpu_create(struct vcpu *v, struct arch_domain *a, unsigned int vcpu_id, nodeid_t node)
{
    struct arch_vcpu *av = a->p2m ? alloc_xenheap_pages(0, node) : NULL;

    if (!av)
        return NULL;
    av->vmcb = alloc_xenheap_pages(0, node);
    if (!av->vmcb || fpu_create(av, node)) {
        arch_vcpu_destroy(av);
        return NULL;
    }
    av->vmcb_pa = virt_to_paddr(av->vmcb).v;
    av->vcpu = v;
    av->domain = a;
    av->id = vcpu_id;
    av->asid_cpu = NO_CPU;
    init_control(av->vmcb, a);
    vlapic_init(av);
    return av;
}

void arch_vcpu_destroy(struct arch_vcpu *v)
{
    fpu_destroy(v);
    if (v->vmcb)
        free_xenheap_pages(v->vmcb, 0);
    free_xenheap_pages(v, 0);
}

void arch_vcpu_set_pvh(struct arch_vcpu *v, uint32_t entry, uint32_t start_info)
{
    static const struct vmcb_seg code = {.attr = 0xc9b, .limit = ~0U}, data = {.attr = 0xc93, .limit = ~0U};
    struct vmcb *c = v->vmcb;

    c->cs = code;
    c->ds = c->es = c->ss = c->fs = c->gs = data;
    c->tr = (struct vmcb_seg){.attr = 0x8b, .limit = 0x67};
    c->ldtr = (struct vmcb_seg){.attr = 0x82};
    c->gdtr = c->idtr = (struct vmcb_seg){0};
    c->cr0 = CR0_PE | CR0_ET;
    c->cr3 = c->cr4 = 0;
    efer_load(v, 0);
    c->rflags = GUEST_RFLAGS_ONE;
    c->rip = entry;
    c->rsp = c->rax = 0;
    c->cpl = 0;
    v->regs = (struct guest_regs){.rbx = start_info};
    vlapic_started(v);
}

static void dump_segment(const char *name, const struct vmcb_seg *s)
{
    log_err("  %-4s %04x base %016lx limit %08x attr %03x\n", name, s->selector, s->base, s->limit, s->attr);
}

void arch_vcpu_dump(const struct arch_vcpu *v)
{
    const struct guest_regs *r = &v->regs;
    const struct vmcb *c = v->vmcb;

    log_err("d%u vCPU %u at rip %016lx rflags %08lx cpl %u\n", v->domain->mem->domid, v->id, c->rip,
            c->rflags, c->cpl);
    log_err("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", c->rax, r->rbx, r->rcx, r->rdx);
    log_err("  rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", r->rsi, r->rdi, r->rbp, c->rsp);
    log_err("  r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", r->r8, r->r9, r->r10, r->r11);
    log_err("  r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", r->r12, r->r13, r->r14, r->r15);
    log_err("  cr0 %08lx cr2 %016lx cr3 %016lx cr4 %08lx efer %04lx\n", c->cr0, c->cr2, c->cr3, c->cr4,
            efer_read(v));
    dump_segment("cs", &c->cs);
    dump_segment("ss", &c->ss);
    dump_segment("gdtr", &c->gdtr);
    dump_segment("idtr", &c->idtr);
    log_err("  exit %#lx info %#lx %#lx\n", c->exit_code, c->exit_info1, c->exit_info2);
}
