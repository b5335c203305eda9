/* SPDX-License-Identifier: MIT */
/* The guest's current instruction: where it ends on CPUs that do not say so, and moving behind it. */
#include "guest/vcpu_view.h"
#include "insn_decode.h"
#include "map.h"
#include "p2m.h"
#include <string.h>

#define RFLAGS_TF (1UL << 8)
#define RFLAGS_RF (1UL << 16)
#define DR6_BS    (1UL << 14)

static uint64_t linear_rip(const struct vmcb *c)
{
    return in_long_mode(c) ? c->rip : (uint32_t)(c->cs.base + c->rip);
}

static void cache_page(struct arch_vcpu *v, const struct guest_view *g, uint64_t address)
{
    const uint64_t generation = p2m_generation(g->domain);
    mfn_t m;

    v->insn.bytes = NULL;
    if (p2m_use(v->uses, v->domain, generation) && guest_translate(g, address, ACCESS_READ, &m) == 0)
        v->insn = (struct insn_cache){address & PAGE_MASK, g->cr3, generation, mfn_to_virt(m)};
    p2m_use_end(v->uses);
}

static bool matches(const uint8_t *bytes, uint32_t opcode)
{
    for (unsigned int n = 0; n < OPCODE_LENGTH(opcode); n++)
        if (bytes[n] != (uint8_t)(opcode >> (8 * n)))
            return false;
    return true;
}

/* The same in one look, at four bytes. */
static bool begin_with(const uint8_t *bytes, uint32_t opcode)
{
    uint32_t code;

    __builtin_memcpy(&code, bytes, sizeof(code)); /* without a call */
    return (code ^ opcode) << (32 - 8 * OPCODE_LENGTH(opcode)) == 0;
}

/* Is it this instruction, by what the last look at its page found? The guest may have changed its page tables
 * without our knowing, so these bytes only ever confirm what the exit code says. The page stays while this
 * CPU says that it uses the translation, as it does in guest mode. */
static bool cached_match(const struct arch_vcpu *v, uint64_t address, uint32_t opcode)
{
    const struct insn_cache *cache = &v->insn;
    bool same;

    if (cache->page != (address & PAGE_MASK) || !cache->bytes || cache->cr3 != v->vmcb->cr3 ||
        (address & ~PAGE_MASK) + sizeof(opcode) > PAGE_SIZE)
        return false;
    same = p2m_use(v->uses, v->domain, cache->generation) &&
           begin_with(cache->bytes + (address & ~PAGE_MASK), opcode);
    p2m_use_end(v->uses);
    return same;
}

static bool is_prefix(uint8_t byte)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};

    return memchr(prefixes, byte, sizeof(prefixes)) != NULL;
}

/* FS and GS, and in older modes than long mode the four others. */
static bool is_segment(uint8_t prefix, bool long_mode)
{
    return (prefix & 0xfe) == 0x64 || (!long_mode && (prefix & 0xe7) == 0x26);
}

static void decode_prefixes(struct insn *i, bool long_mode)
{
    for (; i->prefixes < i->available && is_prefix(i->bytes[i->prefixes]); i->prefixes++) {
        uint8_t prefix = i->bytes[i->prefixes];

        i->operand16 |= prefix == 0x66;
        i->address_override |= prefix == 0x67;
        if (is_segment(prefix, long_mode))
            i->segment = prefix;
    }
    if (long_mode && i->prefixes < i->available && (i->bytes[i->prefixes] & 0xf0) == 0x40)
        i->rex = i->bytes[i->prefixes++];
}

bool insn_fetch(struct arch_vcpu *v, struct insn *i)
{
    uint64_t address = linear_rip(v->vmcb);
    uint64_t here = MIN(sizeof(i->bytes), PAGE_SIZE - (address & ~PAGE_MASK));
    struct guest_view g = vcpu_view(v);

    *i = (struct insn){0};
    cache_page(v, &g, address);
    if (guest_copy(&g, address, i->bytes, here, FROM_GUEST))
        return false;
    i->available = (uint8_t)here;
    if (here < sizeof(i->bytes) &&
        guest_copy(&g, address + here, i->bytes + here, sizeof(i->bytes) - here, FROM_GUEST) == 0)
        i->available = sizeof(i->bytes);
    decode_prefixes(i, in_long_mode(v->vmcb));
    return true;
}

/* Apart, so that the usual case needs no room for it. */
NOINLINE static unsigned int fetched_length(struct arch_vcpu *v, uint32_t opcode)
{
    unsigned int length = OPCODE_LENGTH(opcode);
    struct insn i;

    if (!insn_fetch(v, &i) || i.prefixes + length > i.available || !matches(i.bytes + i.prefixes, opcode))
        return 0;
    return i.prefixes + length;
}

unsigned int insn_length(struct arch_vcpu *v, uint32_t opcode)
{
    const struct vmcb *c = v->vmcb;

    if (svm_features.nrip)
        return (unsigned int)(c->next_rip - c->rip);
    return likely(cached_match(v, linear_rip(c), opcode)) ? OPCODE_LENGTH(opcode) : fetched_length(v, opcode);
}

void insn_skip(struct arch_vcpu *v, unsigned int length)
{
    struct vmcb *c = v->vmcb;

    c->rip += length;
    if (!in_long_mode(c))
        c->rip = (uint32_t)c->rip;
    c->int_shadow = 0;
    c->rflags &= ~RFLAGS_RF;
    insn_step(v);
}

void insn_step(struct arch_vcpu *v)
{
    if (v->vmcb->rflags & RFLAGS_TF) {
        v->vmcb->dr6 |= DR6_BS;
        svm_inject(v, X_DB);
    }
}

uint64_t *guest_gpr(struct arch_vcpu *v, unsigned int nr)
{
    struct guest_regs *r = &v->regs;
    uint64_t *const gpr[] = {&v->vmcb->rax, &r->rcx, &r->rdx, &r->rbx, &v->vmcb->rsp, &r->rbp,
                             &r->rsi,       &r->rdi, &r->r8,  &r->r9,  &r->r10,       &r->r11,
                             &r->r12,       &r->r13, &r->r14, &r->r15};

    return gpr[nr & 15];
}
