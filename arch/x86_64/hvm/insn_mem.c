/* SPDX-License-Identifier: MIT */
/* The decoder of what reads or writes memory (AMD64 APM volume 3: opcodes in appendix A, ModRM and SIB in
 * 1.4), and its arithmetic. Pure C. */
#include "insn_mem.h"

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
#define TESTS   256U
#define GROUP   512U  /* the register's number is the operation, the immediate is the operand */
#define SHORT   1024U /* an immediate of 8 bits, extended */
#define REG     2048U /* to a register */
#define REGULAR 4096U /* the operation is in the opcode */

#define CF      (1UL << 0)
#define PF      (1UL << 2)
#define AF      (1UL << 4)
#define ZF      (1UL << 6)
#define SF      (1UL << 7)
#define OF      (1UL << 11)

static const struct {
    uint16_t opcode;
    uint16_t flags;
} opcodes[] = {
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
    {0x80, READS | WRITES | BYTE | NUMBER | GROUP},
    {0x81, READS | WRITES | NUMBER | GROUP},
    {0x83, READS | WRITES | NUMBER | GROUP | SHORT},
    {0x84, READS | BYTE | TESTS},
    {0x85, READS | TESTS},
    {0xf6, READS | BYTE | NUMBER | TESTS},
    {0xf7, READS | NUMBER | TESTS},
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
    if (opcode < 0x40 && (opcode & 7) < 4)
        return (int)(REGULAR | READS | (opcode & 1 ? 0 : BYTE) | (opcode & 2 ? REG : WRITES));
    for (unsigned int n = 0; n < ARRAY_SIZE(opcodes); n++)
        if (opcodes[n].opcode == opcode)
            return opcodes[n].flags;
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

/* NUMBER: of the register in ModRM. */
static enum alu operation(unsigned int flags, uint8_t opcode, unsigned int number)
{
    if (flags & REGULAR)
        return opcode >> 3 & 7;
    return flags & GROUP ? number : flags & TESTS ? ALU_AND : ALU_NONE;
}

/* What the opcode, or the number in its place, says of operands of SIZE bytes. */
static struct mem_insn describe(unsigned int flags, unsigned int size, enum alu alu)
{
    const unsigned int in_memory = flags & BYTE ? 1 : flags & WORD ? 2 : size;

    return (struct mem_insn){.alu = alu,
                             .to_register = flags & REG,
                             .reads = flags & READS,
                             .writes = (flags & WRITES) && alu != ALU_CMP,
                             .is_signed = flags & SIGNED,
                             .immediate = flags & NUMBER,
                             .size = (uint8_t)in_memory,
                             .to = (uint8_t)(flags & EXTENDS ? size : in_memory)};
}

/* ModRM and what belongs to it: its length, 0 when there is no address, or the opcode means something else.
 */
static unsigned int decode_modrm(const struct insn *i, const uint8_t *p, bool address16, bool group,
                                 struct mem_insn *m)
{
    const unsigned int reg = p[0] >> 3 & 7;

    if (!m->immediate)
        m->reg = (uint8_t)(reg | (i->rex & REX_R ? 8 : 0));
    else if (reg && !group)
        return 0;
    return modrm_length(p, address16);
}

bool insn_decode_mem(const struct insn *i, unsigned int mode, struct mem_insn *m)
{
    const unsigned int address = address_size(i, mode);
    unsigned int at = i->prefixes, length;
    uint8_t bytes[32] = {0}; /* beyond what is there: zeros, and then it is too long */
    int flags;

    for (unsigned int n = 0; n < i->available; n++)
        bytes[n] = i->bytes[n];
    flags = bytes[at] == 0x0f ? find(TWO | bytes[at + 1]) : find(bytes[at]);
    at += bytes[at] == 0x0f ? 2 : 1;
    *m = (struct mem_insn){.length = at > i->available ? (uint8_t)at : 0};
    if (flags < 0 || m->length)
        return false;
    *m = describe((unsigned int)flags, operand_size(i, mode),
                  operation((unsigned int)flags, bytes[at - 1], bytes[at] >> 3 & 7));
    length = flags & DIRECT ? address : decode_modrm(i, bytes + at, address == 2, flags & GROUP, m);
    if (!length)
        return false;
    at += length;
    if (m->to == 1 && !i->rex && m->reg >= 4) {
        m->reg -= 4;
        m->high_byte = true;
    }
    if (m->immediate) {
        length = flags & SHORT ? 1 : MIN(m->size, 4);
        m->value = immediate(bytes + at, length);
        at += length;
    }
    m->length = (uint8_t)at;
    return at <= i->available;
}

/* CARRIED: out of which bits. */
static uint64_t flags_of(uint64_t result, uint64_t carried, uint64_t top)
{
    uint64_t overflow = (carried ^ carried >> 1) & top >> 1;

    return (carried & top ? CF : 0) | (__builtin_parity(result & 0xff) ? 0 : PF) | (carried & 8 ? AF : 0) |
           (result ? 0 : ZF) | (result & top ? SF : 0) | (overflow ? OF : 0);
}

uint64_t insn_alu(enum alu alu, unsigned int size, uint64_t a, uint64_t b, uint64_t *rflags)
{
    const uint64_t top = 1UL << (8 * size - 1);
    uint64_t carry = alu == ALU_ADC || alu == ALU_SBB ? *rflags & CF : 0, carried = 0, result;

    if (alu == ALU_OR) {
        result = a | b;
    } else if (alu == ALU_AND) {
        result = a & b;
    } else if (alu == ALU_XOR) {
        result = a ^ b;
    } else if (alu == ALU_ADD || alu == ALU_ADC) {
        result = a + b + carry;
        carried = (a & b) | ((a | b) & ~result);
    } else {
        result = a - b - carry;
        carried = (~a & b) | ((~a | b) & result);
    }
    result &= top | (top - 1);
    *rflags = (*rflags & ~(CF | PF | AF | ZF | SF | OF)) | flags_of(result, carried, top);
    return result;
}
