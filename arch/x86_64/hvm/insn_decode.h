/* SPDX-License-Identifier: MIT */
/* Just enough instruction decoding for the exits that need it. */
#pragma once

#include "svm.h"

/* Opcodes as insn_length wants them: the bytes, the first lowest, and how many. */
#define OPCODE_LENGTH(op) ((op) >> 24)
#define OP1(a)            (1U << 24 | (a))
#define OP2(a, b)         (2U << 24 | (b) << 8 | (a))
#define OP3(a, b, c)      (3U << 24 | (c) << 16 | (b) << 8 | (a))

#define OP_CPUID          OP2(0x0fU, 0xa2U)
#define OP_RDMSR          OP2(0x0fU, 0x32U)
#define OP_WRMSR          OP2(0x0fU, 0x30U)
#define OP_INVD           OP2(0x0fU, 0x08U)
#define OP_WBINVD         OP2(0x0fU, 0x09U)
#define OP_HLT            OP1(0xf4U)
#define OP_VMMCALL        OP3(0x0fU, 0x01U, 0xd9U)
#define OP_XSETBV         OP3(0x0fU, 0x01U, 0xd1U)

struct insn {
    uint8_t bytes[15];
    uint8_t available; /* bytes that could be read */
    uint8_t prefixes;  /* how many of them are prefixes, REX included */
    uint8_t rex;       /* 0 without */
    uint8_t segment;   /* the last prefix that chooses one, 0 without */
    bool operand16, address_override;
};

/* The guest's current instruction, prefixes decoded. False when it cannot be read. */
bool insn_fetch(struct arch_vcpu *v, struct insn *i);
/* Length of the current instruction, prefixes included, if it is the one with this opcode, else 0. */
unsigned int insn_length(struct arch_vcpu *v, uint32_t opcode);
/* Move rip behind an instruction of this length, as the CPU would: flags and single-stepping included. */
void insn_skip(struct arch_vcpu *v, unsigned int length);
/* The trap of single-stepping, if the guest wants it, after an instruction or one round of a repeated one. */
void insn_step(struct arch_vcpu *v);
/* A general register by its number in an instruction. */
uint64_t *guest_gpr(struct arch_vcpu *v, unsigned int nr);
