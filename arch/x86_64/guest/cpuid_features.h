/* SPDX-License-Identifier: MIT */
/* The CPU features that guests may use, where the CPU has them. A feature that is not listed is hidden: it
 * has state that is not switched between guests, it promises a device or an MSR that guests do not have, or
 * nobody has looked yet which of these is true of it.
 *
 * ALLOW(Xen's name, why it needs nothing from the hypervisor) */

/* 1.EDX. Hidden: MCE and MCA (machine checks are the hypervisor's), MTRR (nested paging decides), ACPI, DS,
 * HTT (no topology). */
ALLOW(FPU, "switched with the vCPU")
ALLOW(VME, "virtual-8086 mode lives in CR4, EFLAGS and guest memory")
ALLOW(DE, "DR0-3 are switched with the vCPU, DR6 and DR7 by VMRUN")
ALLOW(PSE, "page tables are the guest's own under nested paging")
ALLOW(TSC, "the host's, unshifted")
ALLOW(MSR, "all MSRs are in the policy table")
ALLOW(PAE, "as PSE")
ALLOW(CX8, "instruction without state")
ALLOW(APIC, "guest/vlapic.h; hidden while the guest has switched it off")
ALLOW(SEP, "SYSENTER MSRs are switched by VMLOAD")
ALLOW(PGE, "as PSE; TLB entries carry the guest's ASID")
ALLOW(CMOV, "instruction without state")
ALLOW(PAT, "VMRUN switches the guest's PAT")
ALLOW(PSE36, "as PSE")
ALLOW(CLFLUSH, "guests share no line that would matter")
ALLOW(MMX, "in the FPU image")
ALLOW(FXSR, "in the FPU image")
ALLOW(SSE, "in the FPU image")
ALLOW(SSE2, "in the FPU image")

/* 1.ECX. Hidden: MONITOR (would stop the CPU), VMX, TSC_DEADLINE (a second kind of timer), DCA, PDCM.
 * Added: x2APIC, whatever the CPU has. */
ALLOW(SSE3, "in the FPU image")
ALLOW(PCLMULQDQ, "instruction without state")
ALLOW(SSSE3, "in the FPU image")
ALLOW(FMA, "in the XSAVE image")
ALLOW(CX16, "instruction without state")
ALLOW(PCID, "TLB entries carry the guest's ASID beside it")
ALLOW(SSE4_1, "in the FPU image")
ALLOW(SSE4_2, "in the FPU image")
ALLOW(MOVBE, "instruction without state")
ALLOW(POPCNT, "instruction without state")
ALLOW(AESNI, "in the FPU image")
ALLOW(XSAVE, "XCR0 and the image are switched with the vCPU")
ALLOW(AVX, "in the XSAVE image")
ALLOW(F16C, "in the XSAVE image")
ALLOW(RDRAND, "instruction without state")

/* 0x80000001.EDX. Hidden: RDTSCP (TSC_AUX is not switched), FFXSR (an EFER bit that changes FXSAVE). */
ALLOW(SYSCALL, "its MSRs are switched by VMLOAD")
ALLOW(NX, "as PSE")
ALLOW(MMXEXT, "in the FPU image")
ALLOW(PAGE1GB, "as PSE")
ALLOW(LM, "long mode is what guests are for")
ALLOW(3DNOWEXT, "in the FPU image")
ALLOW(3DNOW, "in the FPU image")

/* 0x80000001.ECX. Hidden: SVM (no nesting), IBS, SKINIT, WDT, LWP, performance counters, TOPOEXT, MWAITX. */
ALLOW(LAHF_LM, "instruction without state")
ALLOW(ABM, "instruction without state")
ALLOW(SSE4A, "in the FPU image")
ALLOW(MISALIGNSSE, "a bit of MXCSR")
ALLOW(3DNOWPREFETCH, "instruction without state")
ALLOW(XOP, "in the XSAVE image")
ALLOW(FMA4, "in the XSAVE image")
ALLOW(TBM, "instruction without state")

/* 0xd.1.EAX. Hidden: XSAVES (needs MSR_XSS). */
ALLOW(XSAVEOPT, "only other ways to store the same image")
ALLOW(XSAVEC, "as XSAVEOPT")
ALLOW(XGETBV1, "reads which parts are in use")

/* 7.EBX. Hidden: TSX, MPX, AVX-512, PQM and PQE (not switched or gone), INVPCID (QEMU lacks it). */
ALLOW(FSGSBASE, "the bases are switched by VMLOAD")
ALLOW(BMI1, "instruction without state")
ALLOW(AVX2, "in the XSAVE image")
ALLOW(SMEP, "page protection of the guest's own tables")
ALLOW(BMI2, "instruction without state")
ALLOW(ERMS, "only a hint")
ALLOW(RDSEED, "instruction without state")
ALLOW(ADX, "instruction without state")
ALLOW(SMAP, "page protection of the guest's own tables")
ALLOW(CLFLUSHOPT, "as CLFLUSH")
ALLOW(CLWB, "as CLFLUSH")
ALLOW(SHA, "in the FPU image")

/* 7.ECX. Hidden: PKU (PKRU is not offered), LA57 (the walker knows four levels), RDPID (as RDTSCP). */
ALLOW(UMIP, "a CR4 bit that VMRUN switches")
ALLOW(GFNI, "in the FPU or the XSAVE image")
ALLOW(VAES, "in the XSAVE image")
ALLOW(VPCLMULQDQ, "in the XSAVE image")

/* 7.EDX: hidden altogether; the speculation control MSRs are not switched. */
ALLOW(FSRM, "only a hint")

/* 0x80000007.EDX. */
ALLOW(ITSC, "the guest's TSC is the host's")

/* 0x80000008.EBX. Hidden: RDPRU (guests exit for it), WBNOINVD, and all about speculation (as 7.EDX). */
ALLOW(CLZERO, "as CLFLUSH")
