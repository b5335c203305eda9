/* SPDX-License-Identifier: MIT */
/* The decoder of moves (AMD64 APM volume 3: opcodes in appendix A, ModRM and SIB in 1.4). Pure C. */
#include "insn_mov.h"

#define REX_W   8U
#define REX_R   4U
#define TWO     0x100U /* behind 0f */

#define BYTE    1U /* an operand of 8 bits; otherwise 16, 32 or 64 */
#define READS   2U
#define WRITES  4U
#define NUMBER  8U  /* an immediate operand, and 0 for the register */
#define DIRECT  16U /* no ModRM: RAX and an address */
#define WORD    32U /* 16 bits in memory, and a register of the operand's size */
#define SIGNED  64U
#define EXTENDS 128U

static const struct {
    uint16_t opcode;
    uint8_t flags;
} moves[] = {
    {0x88, WRITES | BYTE},
    {0x89, WRITES},
    {0x8a, READS | BYTE},
    {0x8b, READS},
    {0xa0, READS | BYTE | DIRECT},
    {0xa1, READS | DIRECT},
    {0xa2, WRITES | BYTE | DIRECT},
    {0xa3, WRITES | DIRECT},
    {0xc6, WRITES | BYTE | NUMBER},
    {0xc7, WRITES | NUMBER},
    {0x86, READS | WRITES | BYTE},
    {0x87, READS | WRITES},
    {TWO | 0xb6, READS | EXTENDS | BYTE},
    {TWO | 0xb7, READS | EXTENDS | WORD},
    {TWO | 0xbe, READS | EXTENDS | BYTE | SIGNED},
    {TWO | 0xbf, READS | EXTENDS | WORD | SIGNED},
};

/* Bytes of address from ModRM on, 0 for a register. */
static unsigned int modrm_length(const uint8_t *p, bool address16)
{
    unsigned int mod = p[0] >> 6, rm = p[0] & 7;

    if (mod == 3)
        return 0;
    if (address16)
        return 1 + (mod == 0 ? (rm == 6 ? 2 : 0) : mod);
    if (rm != 4)
        return 1 + (mod == 0 ? (rm == 5 ? 4 : 0) : mod == 1 ? 1 : 4);
    return 2 + (mod == 0 ? ((p[1] & 7) == 5 ? 4 : 0) : mod == 1 ? 1 : 4);
}

/* An immediate of at most 4 bytes, sign-extended. */
static uint64_t immediate(const uint8_t *p, unsigned int size)
{
    uint32_t value = 0;

    for (unsigned int n = 0; n < size; n++)
        value |= (uint32_t)p[n] << 8 * n;
    return (uint64_t)((int64_t)((uint64_t)value << (64 - 8 * size)) >> (64 - 8 * size));
}

static int find(uint16_t opcode)
{
    for (unsigned int n = 0; n < ARRAY_SIZE(moves); n++)
        if (moves[n].opcode == opcode)
            return moves[n].flags;
    return -1;
}

static unsigned int operand_size(const struct insn *i, unsigned int mode)
{
    if (i->rex & REX_W)
        return 8;
    return (mode == 16) != i->operand16 ? 2 : 4;
}

static unsigned int address_size(const struct insn *i, unsigned int mode)
{
    if (mode == 64)
        return i->address_override ? 4 : 8;
    return (mode == 16) != i->address_override ? 2 : 4;
}

/* What the opcode says of operands of SIZE bytes. */
static struct mov describe(unsigned int flags, unsigned int size)
{
    const unsigned int in_memory = flags & BYTE ? 1 : flags & WORD ? 2 : size;

    return (struct mov){.reads = flags & READS,
                        .writes = flags & WRITES,
                        .is_signed = flags & SIGNED,
                        .immediate = flags & NUMBER,
                        .size = (uint8_t)in_memory,
                        .to = (uint8_t)(flags & EXTENDS ? size : in_memory)};
}

/* ModRM and what belongs to it: its length, 0 when there is no address, or the opcode means something else.
 */
static unsigned int decode_modrm(const struct insn *i, const uint8_t *p, bool address16, struct mov *m)
{
    const unsigned int reg = p[0] >> 3 & 7;

    m->reg = (uint8_t)(reg | (i->rex & REX_R ? 8 : 0));
    return m->immediate && reg ? 0 : modrm_length(p, address16);
}

bool insn_decode_mov(const struct insn *i, unsigned int mode, struct mov *m)
{
    const unsigned int address = address_size(i, mode);
    unsigned int at = i->prefixes, length;
    uint8_t bytes[32] = {0}; /* beyond what is there: zeros, and then it is too long */
    int flags;

    for (unsigned int n = 0; n < i->available; n++)
        bytes[n] = i->bytes[n];
    flags = bytes[at] == 0x0f ? find(TWO | bytes[at + 1]) : find(bytes[at]);
    at += bytes[at] == 0x0f ? 2 : 1;
    *m = (struct mov){.length = at > i->available ? (uint8_t)at : 0};
    if (flags < 0 || m->length)
        return false;
    *m = describe((unsigned int)flags, operand_size(i, mode));
    length = flags & DIRECT ? address : decode_modrm(i, bytes + at, address == 2, m);
    if (!length)
        return false;
    at += length;
    if (m->to == 1 && !i->rex && m->reg >= 4) {
        m->reg -= 4;
        m->high_byte = true;
    }
    if (m->immediate) {
        m->value = immediate(bytes + at, MIN(m->size, 4));
        at += MIN(m->size, 4);
    }
    m->length = (uint8_t)at;
    return at <= i->available;
}
