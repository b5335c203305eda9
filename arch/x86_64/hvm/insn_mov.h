/* SPDX-License-Identifier: MIT */
/* Moves between a register, or a number, and memory: all that is needed for registers in memory. */
#pragma once

#include "insn_decode.h"

struct mov {
    uint8_t length;     /* of the instruction, prefixes included */
    uint8_t size;       /* of what is in memory: 1, 2, 4 or 8 bytes */
    uint8_t to;         /* MOVZX, MOVSX: size of the register that is written; else the same */
    uint8_t reg;        /* the register's number; bytes of RAX to RBX by HIGH_BYTE */
    bool reads, writes; /* memory; XCHG does both */
    bool is_signed, high_byte, immediate;
    uint64_t value; /* of IMMEDIATE */
};

/* Is it one? MODE: 16, 32 or 64, by the code segment. Where in memory is not looked at. If it is not, M's
 * length is beyond what could be read when that is the reason, else 0. */
bool insn_decode_mov(const struct insn *i, unsigned int mode, struct mov *m);
