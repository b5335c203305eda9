/* SPDX-License-Identifier: MIT */
/* Why a processor leaves guest code: the reasons that Allod asks for, as XEN_SYSCTL_exit_stats counts them.
 * Codes of AMD64 APM volume 2, appendix C, and a name for each. C99 or C++. */
#ifndef ALLOD_PUBLIC_EXITS_H
#define ALLOD_PUBLIC_EXITS_H

/* X(identifier, code, name) for each, in ascending order. */
#define ALLOD_EXIT_REASONS(X)                                                                                \
    X(CR4_READ, 0x04, "read CR4")                                                                            \
    X(CR4_WRITE, 0x14, "write CR4")                                                                          \
    X(CR8_WRITE, 0x18, "write CR8")                                                                          \
    X(DB, 0x41, "#DB")                                                                                       \
    X(AC, 0x51, "#AC")                                                                                       \
    X(MC, 0x52, "#MC")                                                                                       \
    X(INTR, 0x60, "interrupt")                                                                               \
    X(NMI, 0x61, "NMI")                                                                                      \
    X(SMI, 0x62, "SMI")                                                                                      \
    X(INIT, 0x63, "INIT")                                                                                    \
    X(VINTR, 0x64, "interrupt window")                                                                       \
    X(CR0_SEL, 0x65, "write CR0")                                                                            \
    X(RDPMC, 0x6f, "RDPMC")                                                                                  \
    X(CPUID, 0x72, "CPUID")                                                                                  \
    X(RSM, 0x73, "RSM")                                                                                      \
    X(IRET, 0x74, "IRET")                                                                                    \
    X(INVD, 0x76, "INVD")                                                                                    \
    X(HLT, 0x78, "HLT")                                                                                      \
    X(INVLPGA, 0x7a, "INVLPGA")                                                                              \
    X(IOIO, 0x7b, "port")                                                                                    \
    X(MSR, 0x7c, "MSR")                                                                                      \
    X(SHUTDOWN, 0x7f, "shutdown")                                                                            \
    X(VMRUN, 0x80, "VMRUN")                                                                                  \
    X(VMMCALL, 0x81, "hypercall")                                                                            \
    X(VMLOAD, 0x82, "VMLOAD")                                                                                \
    X(VMSAVE, 0x83, "VMSAVE")                                                                                \
    X(STGI, 0x84, "STGI")                                                                                    \
    X(CLGI, 0x85, "CLGI")                                                                                    \
    X(SKINIT, 0x86, "SKINIT")                                                                                \
    X(RDTSCP, 0x87, "RDTSCP")                                                                                \
    X(WBINVD, 0x89, "WBINVD")                                                                                \
    X(MONITOR, 0x8a, "MONITOR")                                                                              \
    X(MWAIT, 0x8b, "MWAIT")                                                                                  \
    X(MWAIT_COND, 0x8c, "MWAIT, armed")                                                                      \
    X(XSETBV, 0x8d, "XSETBV")                                                                                \
    X(RDPRU, 0x8e, "RDPRU")                                                                                  \
    X(NPF, 0x400, "nested page fault")

#endif
