/* SPDX-License-Identifier: MIT */
/* Moves and arithmetic between a register, or a number, and memory: what registers in memory are used with.
 */
#pragma once

#include "insn_decode.h"

/* As the opcodes number them; TEST is an AND that keeps nothing. */
enum alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP, ALU_NONE };

struct mem_insn {
    uint8_t length;     /* of the instruction, prefixes included */
    uint8_t size;       /* of what is in memory: 1, 2, 4 or 8 bytes */
    uint8_t to;         /* MOVZX, MOVSX: size of the register that is written; else the same */
    uint8_t reg;        /* the register's number; bytes of RAX to RBX by HIGH_BYTE */
    enum alu alu;       /* ALU_NONE: a move */
    bool reads, writes; /* memory; XCHG does both */
    bool to_register;   /* arithmetic: the register is the first operand, and has the result */
    bool is_signed, high_byte, immediate;
    uint64_t value; /* of IMMEDIATE */
};

/* Is it one? MODE: 16, 32 or 64, by the code segment. Where in memory is not looked at. If it is not, M's
 * length is beyond what could be read when that is the reason, else 0. */
bool insn_decode_mem(const struct insn *i, unsigned int mode, struct mem_insn *m);

/* The result of A ALU B on SIZE bytes; what lies above them in A and B does not matter. RFLAGS as the CPU
 * leaves them (APM volume 3, appendix F). */
uint64_t insn_alu(enum alu alu, unsigned int size, uint64_t a, uint64_t b, uint64_t *rflags);
