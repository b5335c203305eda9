/* SPDX-License-Identifier: MIT */
/* The decoder of what accesses memory, against a table of encodings (AMD64 APM volume 3), and against any
 * bytes; its arithmetic, against this CPU. */
#include "../../arch/x86_64/hvm/insn_mem.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INSN_BYTES sizeof(((struct insn *)NULL)->bytes)
#define READ_MEM   .reads = true
#define WRITE_MEM  .writes = true
#define BOTH       READ_MEM, WRITE_MEM
#define ALU(op)    .is_alu = true, .alu = ALU_##op

/* Bytes are in hexadecimal: the instruction with its prefixes, and nothing behind it. */
static const struct encoding {
    const char *text, *bytes;
    uint8_t mode; /* 64, 32, 16 */
    uint8_t size, to, reg;
    bool reads, writes;
    uint8_t prefixes, rex; /* from here on: where it is not 0 */
    bool operand16, address_override, high_byte, is_signed, is_alu, to_register;
    enum alu alu;
    uint64_t value;
} encodings[] = {
    {"mov (%rbx), %eax", "8b 03", 64, 4, 4, 0, READ_MEM},
    {"mov %ecx, (%rbx)", "89 0b", 64, 4, 4, 1, WRITE_MEM},
    {"mov %r9, (%rbx)", "4c 89 0b", 64, 8, 8, 9, WRITE_MEM, .prefixes = 1, .rex = 0x4c},
    {"mov %ax, (%rbx)", "66 89 03", 64, 2, 2, 0, WRITE_MEM, .prefixes = 1, .operand16 = true},
    {"mov (%rbx), %ah", "8a 23", 64, 1, 1, 0, READ_MEM, .high_byte = true},
    {"mov (%rbx), %bh", "8a 3b", 32, 1, 1, 3, READ_MEM, .high_byte = true},
    {"mov (%rbx), %spl", "40 8a 23", 64, 1, 1, 4, READ_MEM, .prefixes = 1, .rex = 0x40},
    {"mov 0x10(%rbx), %eax", "8b 43 10", 64, 4, 4, 0, READ_MEM},
    {"mov 0x12345678(%rbx), %eax", "8b 83 78 56 34 12", 64, 4, 4, 0, READ_MEM},
    {"mov 0x10(%rip), %eax", "8b 05 10 00 00 00", 64, 4, 4, 0, READ_MEM},
    {"mov (%rbx,%rcx,4), %edx", "8b 14 8b", 64, 4, 4, 2, READ_MEM},
    {"mov 0xfee00020, %edi", "8b 3c 25 20 00 e0 fe", 64, 4, 4, 7, READ_MEM},
    {"mov 8(%rsp), %eax", "8b 44 24 08", 64, 4, 4, 0, READ_MEM},
    {"mov 0x80(%r12), %eax", "41 8b 84 24 80 00 00 00", 64, 4, 4, 0, READ_MEM, .prefixes = 1, .rex = 0x41},
    {"mov (%ebx), %eax", "67 8b 03", 64, 4, 4, 0, READ_MEM, .prefixes = 1, .address_override = true},
    {"movabs 0x1122334455667788, %eax", "a1 88 77 66 55 44 33 22 11", 64, 4, 4, 0, READ_MEM},
    {"mov %al, 0xfee000b0", "a2 b0 00 e0 fe", 32, 1, 1, 0, WRITE_MEM},
    {"mov %ax, 0x1234", "a3 34 12", 16, 2, 2, 0, WRITE_MEM},
    {"movl $0, 0xb0(%rax)", "c7 80 b0 00 00 00 00 00 00 00", 64, 4, 4, 0, WRITE_MEM},
    {"movl $0x1ff, (%rbx)", "c7 03 ff 01 00 00", 64, 4, 4, 0, WRITE_MEM, .value = 0x1ff},
    {"movq $-2, (%rbx)", "48 c7 03 fe ff ff ff", 64, 8, 8, 0, WRITE_MEM, .prefixes = 1, .rex = 0x48,
     .value = 0xfffffffffffffffe},
    {"movb $0x77, (%rbx)", "c6 03 77", 64, 1, 1, 0, WRITE_MEM, .value = 0x77},
    {"movw $0x1234, (%rbx)", "66 c7 03 34 12", 64, 2, 2, 0, WRITE_MEM, .prefixes = 1, .operand16 = true,
     .value = 0x1234},
    {"xchg %eax, (%rbx)", "87 03", 64, 4, 4, 0, BOTH},
    {"movzbl (%rbx), %eax", "0f b6 03", 64, 1, 4, 0, READ_MEM},
    {"movzwl (%rbx), %esp", "0f b7 23", 64, 2, 4, 4, READ_MEM},
    {"movsbq (%rbx), %rax", "48 0f be 03", 64, 1, 8, 0, READ_MEM, .prefixes = 1, .rex = 0x48,
     .is_signed = true},
    {"movswl (%rbx), %ebp", "0f bf 2b", 32, 2, 4, 5, READ_MEM, .is_signed = true},
    {"16 bit: mov (%bx,%si), %ax", "8b 00", 16, 2, 2, 0, READ_MEM},
    {"16 bit: mov 0x1234, %ax", "8b 06 34 12", 16, 2, 2, 0, READ_MEM},
    {"16 bit: mov 1(%si), %cx", "8b 4c 01", 16, 2, 2, 1, READ_MEM},
    {"16 bit: mov 0x123(%bp), %cx", "8b 8e 23 01", 16, 2, 2, 1, READ_MEM},
    {"16 bit: mov (%esi), %eax", "66 67 8b 06", 16, 4, 4, 0, READ_MEM, .prefixes = 2, .operand16 = true,
     .address_override = true},
    {"32 bit: mov 0x1234, %eax, address of 16", "67 8b 06 34 12", 32, 4, 4, 0, READ_MEM, .prefixes = 1,
     .address_override = true},
    {"test %ecx, (%rbx)", "85 0b", 64, 4, 4, 1, READ_MEM, ALU(AND)},
    {"test %cl, (%rbx)", "84 0b", 64, 1, 1, 1, READ_MEM, ALU(AND)},
    {"testl $0x1000, 0x300(%rbx)", "f7 83 00 03 00 00 00 10 00 00", 64, 4, 4, 0, READ_MEM, ALU(AND),
     .value = 0x1000},
    {"testb $0x10, (%rbx)", "f6 03 10", 64, 1, 1, 0, READ_MEM, ALU(AND), .value = 0x10},
    {"cmp %r9, (%rbx)", "4c 39 0b", 64, 8, 8, 9, READ_MEM, ALU(CMP), .prefixes = 1, .rex = 0x4c},
    {"cmp (%rbx), %dh", "3a 33", 64, 1, 1, 2, READ_MEM, ALU(CMP), .high_byte = true, .to_register = true},
    {"cmpl $-1, (%rbx)", "83 3b ff", 64, 4, 4, 0, READ_MEM, ALU(CMP), .value = ~0UL},
    {"cmpw $0x1234, (%rbx)", "66 81 3b 34 12", 32, 2, 2, 0, READ_MEM, ALU(CMP), .prefixes = 1,
     .operand16 = true, .value = 0x1234},
    {"cmpb $0xff, (%rbx)", "80 3b ff", 32, 1, 1, 0, READ_MEM, ALU(CMP), .value = ~0UL},
    {"add %eax, (%rbx)", "01 03", 64, 4, 4, 0, BOTH, ALU(ADD)},
    {"or (%rbx), %eax", "0b 03", 64, 4, 4, 0, READ_MEM, ALU(OR), .to_register = true},
    {"adc %al, (%rbx)", "10 03", 64, 1, 1, 0, BOTH, ALU(ADC)},
    {"sbb (%rbx), %al", "1a 03", 64, 1, 1, 0, READ_MEM, ALU(SBB), .to_register = true},
    {"and %r10d, (%rbx)", "44 21 13", 64, 4, 4, 10, BOTH, ALU(AND), .prefixes = 1, .rex = 0x44},
    {"16 bit: sub (%bp,%di), %ax", "2b 03", 16, 2, 2, 0, READ_MEM, ALU(SUB), .to_register = true},
    {"xorq $0x12345678, (%rbx)", "48 81 33 78 56 34 12", 64, 8, 8, 0, BOTH, ALU(XOR), .prefixes = 1,
     .rex = 0x48, .value = 0x12345678},
    {"orb $0x80, (%rbx)", "80 0b 80", 64, 1, 1, 0, BOTH, ALU(OR), .value = 0xffffffffffffff80},
    {"andl $-2, 0xf0(%rax)", "83 a0 f0 00 00 00 fe", 64, 4, 4, 0, BOTH, ALU(AND), .value = ~1UL},
};

/* To registers, to others, and what no CPU knows. */
static const char *const others[] = {
    "8b c3",
    "89 c3",
    "0f b6 c3",
    "c7 c0 01 00 00 00",
    "c7 08 01 00 00 00",
    "c6 10 01",
    "01 c3",
    "83 f8 01",
    "f7 13",
    "f7 1b",
    "ff 03",
    "05 01 00 00 00",
    "0f ba 23 01",
    "0f b1 0b",
    "a4",
    "ab",
    "ff 33",
    "0f c1 03",
    "8e 03",
    "90",
};

static uint8_t parse(const char *text, uint8_t *bytes)
{
    uint8_t n = 0;
    char *end;

    for (const char *p = text; *p; p = end)
        bytes[n++] = (uint8_t)strtoul(p, &end, 16);
    return n;
}

static uint8_t length_of(const struct encoding *e)
{
    uint8_t bytes[INSN_BYTES];

    return parse(e->bytes, bytes);
}

static bool decode(const struct encoding *e, unsigned int available, struct mem_insn *m)
{
    struct insn i = {.prefixes = e->prefixes,
                     .rex = e->rex,
                     .operand16 = e->operand16,
                     .address_override = e->address_override,
                     .available = (uint8_t)available};

    memset(i.bytes, 0xcc, sizeof(i.bytes));
    parse(e->bytes, i.bytes);
    return insn_decode_mem(&i, e->mode, m);
}

static void test_encodings(void **state)
{
    struct mem_insn m;

    (void)state;
    for (unsigned int n = 0; n < ARRAY_SIZE(encodings); n++) {
        const struct encoding *e = &encodings[n];

        print_message("%s\n", e->text);
        assert_true(decode(e, INSN_BYTES, &m));
        assert_int_equal(m.length, length_of(e));
        assert_int_equal(m.size, e->size);
        assert_int_equal(m.to, e->to);
        assert_int_equal(m.reg, e->reg);
        assert_int_equal(m.reads, e->reads);
        assert_int_equal(m.writes, e->writes);
        assert_int_equal(m.high_byte, e->high_byte);
        assert_int_equal(m.is_signed, e->is_signed);
        assert_true(m.value == e->value);
        assert_int_equal(m.alu, e->is_alu ? e->alu : ALU_NONE);
        assert_int_equal(m.to_register, e->to_register);
    }
}

/* The page behind cannot be read. */
static void test_cut_short(void **state)
{
    struct mem_insn m;

    (void)state;
    for (unsigned int n = 0; n < ARRAY_SIZE(encodings); n++) {
        const struct encoding *e = &encodings[n];
        const uint8_t length = length_of(e);

        for (unsigned int there = e->prefixes; there <= length; there++) {
            assert_int_equal(decode(e, there, &m), there == length);
            assert_int_equal(m.length > there, there < length);
        }
    }
}

static void test_others(void **state)
{
    struct mem_insn m;

    (void)state;
    for (unsigned int n = 0; n < ARRAY_SIZE(others); n++) {
        struct insn i = {.available = 15};

        parse(others[n], i.bytes);
        if (insn_decode_mem(&i, 64, &m))
            fail_msg("%s is none", others[n]);
        assert_int_equal(m.length, 0);
    }
}

/* The flags but OF as LAHF loads them into AH, and OF in AL. */
#define ON_CPU(insn, type)                                                                                   \
    do {                                                                                                     \
        type x = (type)a;                                                                                    \
        __asm__("bt $0, %2; " insn " %3, %0; lahf; seto %%al"                                                \
                : "+&q"(x), "=&a"(flags)                                                                     \
                : "r"(carry), "q"((type)b)                                                                   \
                : "cc");                                                                                     \
        result = x;                                                                                          \
    } while (0)
#define ON_CPU_OF_ANY_SIZE(insn)                                                                             \
    do {                                                                                                     \
        if (size == 1)                                                                                       \
            ON_CPU(insn, uint8_t);                                                                           \
        else if (size == 2)                                                                                  \
            ON_CPU(insn, uint16_t);                                                                          \
        else if (size == 4)                                                                                  \
            ON_CPU(insn, uint32_t);                                                                          \
        else                                                                                                 \
            ON_CPU(insn, uint64_t);                                                                          \
    } while (0)

static uint64_t alu_of_cpu(enum alu alu, unsigned int size, uint64_t a, uint64_t b, uint64_t *rflags)
{
    uint64_t carry = *rflags, flags = 0, result = 0;

    switch (alu) {
    case ALU_ADD:
        ON_CPU_OF_ANY_SIZE("add");
        break;
    case ALU_OR:
        ON_CPU_OF_ANY_SIZE("or");
        break;
    case ALU_ADC:
        ON_CPU_OF_ANY_SIZE("adc");
        break;
    case ALU_SBB:
        ON_CPU_OF_ANY_SIZE("sbb");
        break;
    case ALU_AND:
        ON_CPU_OF_ANY_SIZE("and");
        break;
    case ALU_XOR:
        ON_CPU_OF_ANY_SIZE("xor");
        break;
    default:
        ON_CPU_OF_ANY_SIZE("sub");
    }
    *rflags = (flags >> 8 & (CF | PF | AF | ZF | SF)) | (flags & 1 ? OF : 0);
    return result;
}

/* Numbers at random, and those around which flags change. */
static uint64_t number(void)
{
    static const uint64_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, ~0UL};
    uint64_t any = (uint64_t)random() << 33 ^ (uint64_t)random();

    return random() & 1 ? any : edges[any % ARRAY_SIZE(edges)] << (any & 64 ? 32 : 0);
}

static void test_as_on_cpu(void **state)
{
    (void)state;
    srandom(1);
    for (unsigned int n = 0; n < 1000000; n++) {
        enum alu alu = (enum alu)(n % ALU_NONE);
        unsigned int size = 1U << (random() & 3);
        uint64_t a = number(), b = number(), seen = (uint64_t)random(), expected = seen & CF;
        uint64_t above = seen & ~(CF | PF | AF | ZF | SF | OF);
        /* Logic leaves AF undefined. */
        uint64_t compared = alu == ALU_OR || alu == ALU_AND || alu == ALU_XOR ? ~AF : ~0UL;

        assert_true(insn_alu(alu, size, a, b, &seen) == alu_of_cpu(alu, size, a, b, &expected));
        assert_int_equal(seen & compared, (expected | above) & compared);
    }
}

/* Whatever a guest writes there: what is taken lies within what was read. */
static void test_noise(void **state)
{
    static const unsigned int modes[] = {16, 32, 64};
    unsigned int taken = 0;

    (void)state;
    srandom(1);
    for (unsigned int n = 0; n < 1000000; n++) {
        struct insn i = {.available = (uint8_t)(random() % 16), .rex = (uint8_t)(random() % 16 | 0x40)};
        struct mem_insn m;

        for (unsigned int b = 0; b < sizeof(i.bytes); b++)
            i.bytes[b] = (uint8_t)random();
        i.prefixes = (uint8_t)(random() % (i.available + 1));
        i.operand16 = random() & 1;
        i.address_override = random() & 1;
        if (!insn_decode_mem(&i, modes[n % 3], &m))
            continue;
        taken++;
        assert_in_range(m.length, i.prefixes + 2, i.available);
        assert_true(m.alu <= ALU_NONE && (m.reads || m.alu == ALU_NONE));
        assert_true(m.size == 1 || m.size == 2 || m.size == 4 || m.size == 8);
        assert_true(m.to >= m.size && m.to <= 8 && m.reg < 16);
        assert_true(m.reads || m.writes);
    }
    assert_true(taken > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_cut_short), cmocka_unit_test(test_as_on_cpu),
        cmocka_unit_test(test_others),    cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
