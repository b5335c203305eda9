/* SPDX-License-Identifier: MIT */
/* Fuzzer for the walk through a guest's page tables and for copies: any tables, registers, addresses,
 * lengths.
 *
 * Input: steps, each a byte that selects it (below, `steps`) and what it reads. After each the guest's
 * memory, what was copied and the results are those of a second walker, which was written from AMD's manual
 * and knows no shortcut (reference_walk.c). What is not the guest's is poisoned: the address sanitizer sees
 * an access. */
#include "bytes.h"
#include "error.h"
#include "guest/walk.h"
#include "hvm/p2m.h"
#include "reference_walk.h"
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 128U
#define MAX_COPY  (3 * PAGE_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The machine: every second frame is the guest's. The reference walker works on a copy of them. */
static uint8_t machine[2 * NR_GUEST_FRAMES][PAGE_SIZE] ALIGNED(PAGE_SIZE);
struct guest_frame guest_frames[NR_GUEST_FRAMES];
char *direct_map = (char *)machine;

static struct arch_domain domain;
static struct known_walk known[KNOWN_WALKS];
static struct guest_view view;

unsigned int smp_processor_id(void)
{
    return 0;
}

/* Instead of the real one. Every frame has a place in the machine, also those of the hypervisor's. */
enum p2m_type p2m_lookup_locked(const struct arch_domain *a, gfn_t g, mfn_t *m, unsigned int *order)
{
    struct guest_frame *f = find_guest_frame(g.v);

    if (a != &domain || order || !spin_is_mine(&domain.p2m_lock))
        abort();
    if (!f || f->type == P2M_NONE)
        return P2M_NONE;
    *m = mfn(2 * (uint64_t)(f - guest_frames));
    return f->type;
}

static bool is_readable(enum p2m_type type)
{
    return type == P2M_RAM || type == P2M_FOREIGN;
}

static void set_type(struct guest_frame *f, enum p2m_type type)
{
    void *frame = machine[2 * (f - guest_frames)];

    if (f->type != P2M_NONE)
        domain.p2m_generation++;
    f->type = type;
    ASAN_UNPOISON_MEMORY_REGION(frame, PAGE_SIZE);
    memcpy(frame, f->copy, PAGE_SIZE);
    if (!is_readable(type))
        ASAN_POISON_MEMORY_REGION(frame, PAGE_SIZE);
}

/* Where tables and 4 MiB pages can point, in all widths of addresses. */
static void reset(void)
{
    static const uint64_t high[] = {0x100000, 0x300000, 0x300003, P2M_MAX_GFN - 1};

    ASAN_POISON_MEMORY_REGION(machine, sizeof(machine));
    memset(&domain, 0, sizeof(domain));
    memset(known, 0, sizeof(known));
    spin_lock_init(&domain.p2m_lock, RANK_P2M, "p2m");
    for (unsigned int i = 0; i < NR_GUEST_FRAMES; i++) {
        bool is_high = i >= NR_GUEST_FRAMES - ARRAY_SIZE(high);

        guest_frames[i].gfn = is_high ? high[NR_GUEST_FRAMES - 1 - i] : i;
        guest_frames[i].type = P2M_NONE;
        memset(guest_frames[i].copy, 0, PAGE_SIZE);
        set_type(&guest_frames[i], P2M_RAM);
    }
    view = (struct guest_view){.domain = &domain, .known = known};
}

static void compare_memory(void)
{
    for (unsigned int i = 0; i < NR_GUEST_FRAMES; i++)
        if (is_readable(guest_frames[i].type) && memcmp(machine[2 * i], guest_frames[i].copy, PAGE_SIZE))
            abort();
}

static struct guest_frame *read_frame(struct bytes *in)
{
    return &guest_frames[take8(in) % NR_GUEST_FRAMES];
}

/* ---- the steps ---- */

/* Bits of the first byte: paging, long mode, PAE, PSE, NX; 64-bit code, in long mode only; walks are
 * remembered or not; any CR3. */
static void set_registers(struct bytes *in)
{
    unsigned int bits = take8(in);

    view.cr0 = bits & 1 ? 1UL << 31 | 1 : 1;
    view.efer = (bits & 2 ? 0x500UL : 0) | (bits & 16 ? 0x800UL : 0);
    view.cr4 = (bits & 4 ? 0x20UL : 0) | (bits & 8 ? 0x10UL : 0);
    view.code64 = (bits & 35) == 35;
    view.known = bits & 64 ? NULL : known;
    view.cr3 = read_frame(in)->gfn << PAGE_SHIFT | (take16(in) & ~PAGE_MASK);
    if (bits & 128)
        view.cr3 = take64(in);
}

static void write_memory(struct guest_frame *f, size_t offset, uint64_t value, size_t n)
{
    if (offset > PAGE_SIZE - n)
        return;
    memcpy(f->copy + offset, &value, n);
    if (is_readable(f->type))
        memcpy(machine[2 * (f - guest_frames)] + offset, &value, n);
}

/* A table's entry that points to one of the guest's frames, and perhaps one more bit. */
static void write_entry(struct bytes *in)
{
    struct guest_frame *f = read_frame(in);
    unsigned int index = take16(in) % 1024, flags = take16(in), bit;
    uint64_t target = read_frame(in)->gfn, odd;
    bool wide = view.efer & 0x400 || view.cr4 & 0x20;

    bit = take8(in);
    odd = bit ? 1UL << bit % 64 : 0;
    if (wide)
        write_memory(f, index % 512 * 8,
                     target << PAGE_SHIFT | (flags & 0xfff) | (uint64_t)(flags >> 15) << 63 | odd, 8);
    else /* with the address bits of a 4 MiB page that are beyond 4 GiB */
        write_memory(f, index * 4UL,
                     (uint32_t)(target << PAGE_SHIFT) | (target >> 20 << 13) | (flags & 0xfff) | odd, 4);
}

static void write_anything(struct bytes *in)
{
    struct guest_frame *f = read_frame(in);
    size_t offset = take16(in) % PAGE_SIZE;

    write_memory(f, offset, take64(in), 8);
}

static void change_frame(struct bytes *in)
{
    static const enum p2m_type types[] = {P2M_NONE, P2M_RAM, P2M_FOREIGN, P2M_XEN};
    struct guest_frame *f = read_frame(in);

    set_type(f, types[take8(in) % ARRAY_SIZE(types)]);
}

static uint64_t read_address(struct bytes *in)
{
    unsigned int form = take8(in);
    uint64_t va;

    if (form & 1)
        return take64(in);
    if (view.code64 || form & 2) { /* four indexes */
        va = (uint64_t)take16(in) % 512 << 39;
        va |= (uint64_t)take16(in) % 512 << 30;
        va |= (uint64_t)take16(in) % 512 << 21;
        va |= (uint64_t)take16(in) % 512 << 12 | take16(in) % PAGE_SIZE;
        return (uint64_t)((int64_t)(va << 16) >> 16);
    }
    va = (uint64_t)take16(in) << 16;
    return va | take16(in);
}

static void compare_translation(uint64_t va, unsigned int access)
{
    struct guest_frame *expected = reference_translate(&view, va, access);
    mfn_t m = mfn(1);
    int rc;

    spin_lock(&domain.p2m_lock);
    rc = guest_translate(&view, va, access, &m);
    spin_unlock(&domain.p2m_lock);
    if (expected ? rc || m.v != 2 * (uint64_t)(expected - guest_frames) : rc != -EFAULT)
        abort();
}

static void translate(struct bytes *in)
{
    unsigned int access = take8(in) % 4;

    compare_translation(read_address(in), access);
}

/* The same with each bit of an entry changed: which of them matter is seen without luck. */
static void translate_each_bit(struct bytes *in)
{
    struct guest_frame *f = read_frame(in);
    size_t offset = take16(in) % 512 * 8;
    uint64_t va = read_address(in), entry;

    memcpy(&entry, f->copy + offset, sizeof(entry));
    for (unsigned int bit = 0; bit < 64; bit++) {
        write_memory(f, offset, entry ^ 1UL << bit, sizeof(entry));
        compare_translation(va, bit % 4);
    }
    write_memory(f, offset, entry, sizeof(entry));
}

/* Buffers of exactly this length, so that the address sanitizer sees a byte too many. */
static void copy(struct bytes *in, enum copy_direction dir)
{
    size_t n = take16(in) % (MAX_COPY + 1);
    uint64_t va = read_address(in);
    uint8_t *seen = malloc(n + !n), *expected = malloc(n + !n);
    int rc;

    memset(seen, take8(in), n + !n);
    memcpy(expected, seen, n + !n);
    rc = reference_copy(&view, va, expected, n, dir);
    if (guest_copy(&view, va, seen, n, dir) != rc || memcmp(seen, expected, n))
        abort();
    free(seen);
    free(expected);
}

static void copy_from(struct bytes *in)
{
    copy(in, FROM_GUEST);
}

static void copy_to(struct bytes *in)
{
    copy(in, TO_GUEST);
}

/* Beyond the end of all addresses nothing is copied, not even what is before it. */
static void copy_too_much(struct bytes *in)
{
    uint64_t va = read_address(in) | 1;

    if (guest_copy(&view, va, NULL, -va, FROM_GUEST) != -EFAULT)
        abort();
}

static void (*const steps[])(struct bytes *in) = {
    set_registers, write_entry, write_anything, change_frame,       translate,
    copy_from,     copy_to,     copy_too_much,  translate_each_bit,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};

    reset();
    for (unsigned int i = 0; i < MAX_STEPS && in.left; i++) {
        steps[take8(&in) % ARRAY_SIZE(steps)](&in);
        compare_memory();
    }
    return 0;
}
