/* SPDX-License-Identifier: MIT */
/* Steps of the hypercall fuzzer: structures with numbers that make sense, or with any, in a guest's memory.
 */
#include "call_input.h"
#include "call_fields.h"
#include "compat.h"
#include "heap.h"
#include "machine.h"
#include "memory_op.h"
#include <public/claims.h>
#include <string.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define MAX_STRUCTURE 1024U
#define MAX_ENTRIES   8U     /* of a multicall */
#define ROOM_ARGS     0x400U /* for each of them */
#define ROOM_DATA     0x1000U

static const struct call_kind {
    uint16_t nr;
    uint32_t op;
    const char *structure; /* as calls.h writes it */
    const struct guest_struct *layout;
} kinds[] = {
#define CALL(family, number, structure)                     {__HYPERVISOR_##family, number, #structure, GUEST_STRUCT(structure)},
#define MEMORY_OP(name, structure, who, counts, errors)     CALL(memory_op, XENMEM_##name, structure)
#define XEN_VERSION(name, structure, in, who, errors)       CALL(xen_version, XENVER_##name, structure)
#define CONSOLE_IO(name, structure, who, errors)            CALL(console_io, CONSOLEIO_##name, structure)
#define VCPU_OP(name, structure, who, errors)               CALL(vcpu_op, VCPUOP_##name, structure)
#define SCHED_OP(name, structure, who, errors)              CALL(sched_op, SCHEDOP_##name, structure)
#define EVENT_CHANNEL_OP(name, structure, out, who, errors) CALL(event_channel_op, EVTCHNOP_##name, structure)
#define HVM_OP(name, structure, who, errors)                CALL(hvm_op, HVMOP_##name, structure)
#define GRANT_TABLE_OP(name, structure, count, who, errors) CALL(grant_table_op, GNTTABOP_##name, structure)
#define SYSCTL(name, structure, who, errors)                CALL(sysctl, XEN_SYSCTL_##name, structure)
#define DOMCTL(name, structure, who, finds, errors)         CALL(domctl, XEN_DOMCTL_##name, structure)
#include "calls.h"
};

/* Where one call's structure and data go. */
struct room {
    uint64_t args, data;
};

struct step read_step(struct bytes *in)
{
    struct step s;

    take(in, &s, sizeof(s));
    return s;
}

static uint16_t what_of(const struct call_kind *k)
{
    return (uint16_t)(k->nr << 8 | (k->op < 0x1000 ? k->op : 0x80 | (k->op & 0x7f)));
}

static const struct call_kind *find_kind(uint16_t what)
{
    for (const struct call_kind *k = kinds; k < kinds + ARRAY_SIZE(kinds); k++)
        if (what_of(k) == what)
            return k;
    return &kinds[what % ARRAY_SIZE(kinds)];
}

/* ---- numbers that make sense ---- */

static uint64_t some_domain(uint64_t v)
{
    struct domain *d = domain_get((domid_t)v);
    uint64_t id = v & 0x40 ? DOMID_SELF : v;

    if (!d && v < DOMID_FIRST_RESERVED && (d = domain_get_next((domid_t)(v % 16))))
        id = d->domid;
    if (d)
        domain_put(d);
    return id;
}

/* Frames of RAM, and some beyond. */
static uint64_t some_frame(uint64_t v)
{
    struct mem_range node = machine_node_range((nodeid_t)(v >> 12 & 1));

    return node.start.v + v % 4096;
}

static uint64_t sensible(enum field_kind kind, uint64_t v, const struct room *room)
{
    switch (kind) {
    case FIELD_DOMAIN:
        return some_domain(v);
    case FIELD_POINTER:
    case FIELD_WORDS:
    case FIELD_CLAIMS:
        return v ? room->data + (v - 1) % 0x1000 * 8 : 0;
    case FIELD_FRAME:
        return some_frame(v);
    case FIELD_FLAGS: /* node, exact, virtual node */
        return v & 0x60700;
    case FIELD_ORDER:
        return v % 12;
    case FIELD_PAGES:
        return v % 128 << PAGE_SHIFT;
    case FIELD_FEW:
        return v % 8;
    case FIELD_SOME:
        return v % 128;
    case FIELD_MANY:
        return v % 4096;
    }
    return v;
}

/* strcmp would have the fuzzer put these names into its inputs. */
static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* What the first list of the structure needs to know. */
struct list {
    enum field_kind kind;
    unsigned int order;
};

static struct list fix_fields(const struct call_kind *k, uint8_t *own, const struct room *room, bool raw)
{
    struct list list = {FIELD_POINTER, 0};

    for (const struct call_field *f = call_fields; f < call_fields + nr_call_fields; f++) {
        uint64_t v = 0;

        if (!is_same(f->structure, k->structure))
            continue;
        memcpy(&v, own + f->offset, f->size);
        if (!raw)
            v = sensible(f->kind, v, room);
        memcpy(own + f->offset, &v, f->size);
        if (f->kind == FIELD_WORDS || f->kind == FIELD_CLAIMS)
            list.kind = f->kind;
        else if (f->kind == FIELD_ORDER)
            list.order = v % 12;
    }
    return list;
}

/* ---- memory ---- */

static void write_guest(uint64_t address, const void *data, size_t n)
{
    /* Where nothing is mapped any more, nothing is written. */
    (void)arch_copy_to_guest(guest_ptr(address), data, n);
}

static void write_words(const struct step *s, const uint8_t *data, unsigned int order, uint64_t at)
{
    uint64_t words[UINT8_MAX];

    for (unsigned int i = 0; i < s->nr_data; i++)
        words[i] = (uint64_t)data[i] << order;
    for (unsigned int i = 0; i < s->nr_data; i++)
        write_guest(at + i * guest_word_size(s->who & STEP_COMPAT), &words[i],
                    guest_word_size(s->who & STEP_COMPAT));
}

/* Pages; two bits for host and legacy, three for a node; sometimes the reserved field. */
static void write_claims(const struct step *s, const uint8_t *data, uint64_t at)
{
    for (unsigned int i = 0; i + 1 < s->nr_data; i += 2) {
        uint8_t target = data[i + 1];
        memory_claim_t claim = {data[i], (target & 0xc0U) << 24 | (target & 7U), (target & 0x38U) == 0x38};

        write_guest(at + i / 2 * sizeof(claim), &claim, sizeof(claim));
    }
}

static void write_data(const struct step *s, const uint8_t *data, struct list list, uint64_t at)
{
    if (list.kind == FIELD_WORDS && !(s->who & STEP_RAW))
        write_words(s, data, list.order, at);
    else if (list.kind == FIELD_CLAIMS && !(s->who & STEP_RAW))
        write_claims(s, data, at);
    else
        write_guest(at, data, s->nr_data);
}

/* ---- calls ---- */

/* Which arguments are the operation, another number, and the structure's address; 6: none. */
static const struct {
    uint8_t nr, op, other, address;
} families[] = {
    {__HYPERVISOR_memory_op, 0, 6, 1},  {__HYPERVISOR_xen_version, 0, 6, 1},
    {__HYPERVISOR_console_io, 0, 1, 2}, {__HYPERVISOR_vcpu_op, 0, 1, 2},
    {__HYPERVISOR_sched_op, 0, 6, 1},   {__HYPERVISOR_event_channel_op, 0, 6, 1},
    {__HYPERVISOR_hvm_op, 0, 6, 1},     {__HYPERVISOR_sysctl, 6, 6, 0},
    {__HYPERVISOR_domctl, 6, 6, 0},     {__HYPERVISOR_grant_table_op, 0, 2, 1},
};

static void set_arguments(const struct call_kind *k, const struct step *s, uint64_t address,
                          struct hypercall *call)
{
    uint64_t arg[HYPERCALL_ARGS + 1] = {0};
    unsigned int i = 0;

    while (families[i].nr != k->nr)
        i++;
    arg[families[i].op] = k->op;
    arg[families[i].other] = k->nr == __HYPERVISOR_console_io ? s->arg * 4 : s->arg % 4;
    arg[families[i].address] = address;
    if (k->nr == __HYPERVISOR_memory_op && s->arg >= 0xc0)
        arg[0] |= (s->arg & 0x3fU) << 6; /* extents that are said to be done */
    call->nr = k->nr;
    memcpy(call->arg, arg, sizeof(call->arg));
}

/* The heads that domctl and sysctl put before their structures. */
static size_t write_head(const struct call_kind *k, const struct step *s, uint8_t *own)
{
    struct xen_domctl domctl = {
        .cmd = k->op,
        .interface_version = ALLOD_DOMCTL_VERSION_MIN + (s->arg >> 6),
        .domain = (domid_t)(k->op == XEN_DOMCTL_createdomain ? s->arg & 0x1f : some_domain(s->arg & 0x1f))};
    struct xen_sysctl sysctl = {.cmd = k->op, .interface_version = ALLOD_SYSCTL_VERSION_MIN + (s->arg >> 7)};

    if (k->nr == __HYPERVISOR_domctl) {
        memcpy(own, &domctl, offsetof(struct xen_domctl, u));
        return offsetof(struct xen_domctl, u);
    }
    if (k->nr == __HYPERVISOR_sysctl) {
        memcpy(own, &sysctl, offsetof(struct xen_sysctl, u));
        return offsetof(struct xen_sysctl, u);
    }
    return 0;
}

static uint64_t place(const struct step *s, const struct room *room, size_t size, const uint8_t *own)
{
    uint64_t address = room->args;

    if (s->who & STEP_EDGE)
        address = ((room->args | ~PAGE_MASK) + 1 - size / 2) & ~1UL;
    if (s->who & STEP_BAD_ADDRESS)
        memcpy(&address, own, sizeof(address));
    return address;
}

static void read_operation(struct bytes *in, const struct step *s, const struct room *room,
                           struct hypercall *call)
{
    const struct call_kind *k = find_kind(s->what);
    uint8_t own[MAX_STRUCTURE + sizeof(struct xen_domctl)] = {0}, rest[UINT8_MAX], data[UINT8_MAX];
    size_t size = MIN(k->layout->size, MAX_STRUCTURE), got = MIN(s->nr_structure, size);
    size_t head = write_head(k, s, own);
    uint64_t address;
    struct list list;

    take(in, own + head, got);
    take(in, rest, s->nr_structure - got);
    take(in, data, s->nr_data);
    list = fix_fields(k, own + head, room, s->who & STEP_RAW);
    write_data(s, data, list, room->data);
    address = place(s, room, size + head, own);
    if (head)
        write_guest(address, own, sizeof(struct xen_domctl));
    else
        (void)guest_struct_write(s->who & STEP_COMPAT, k->layout, guest_ptr(address), own);
    set_arguments(k, s, k->nr == __HYPERVISOR_console_io ? room->data : address, call);
}

static void read_raw_call(struct bytes *in, const struct step *s, struct hypercall *call)
{
    uint64_t words[1 + HYPERCALL_ARGS] = {0};
    uint8_t rest[UINT8_MAX];
    size_t n = MIN(s->nr_structure, sizeof(words));

    take(in, words, n);
    take(in, rest, s->nr_structure - n);
    take(in, rest, s->nr_data);
    for (unsigned int i = 0; s->who & STEP_COMPAT && i < ARRAY_SIZE(words); i++)
        words[i] = (uint32_t)words[i];
    call->nr = words[0];
    memcpy(call->arg, words + 1, sizeof(call->arg));
}

static struct room room_for(unsigned int i)
{
    return (struct room){(GUEST_ARGS << PAGE_SHIFT) + i * ROOM_ARGS,
                         (GUEST_DATA << PAGE_SHIFT) + i * ROOM_DATA};
}

static void read_multicall(struct bytes *in, const struct step *s, struct hypercall *call)
{
    const uint64_t list = GUEST_ENTRIES << PAGE_SHIFT;
    struct bytes inner = {in->at, MIN(in->left, s->nr_data)};
    bool compat = s->who & STEP_COMPAT;
    unsigned int nr = 0;

    in->at += inner.left;
    in->left -= inner.left;
    for (; inner.left && nr < MAX_ENTRIES; nr++) {
        struct step entry_step = read_step(&inner);
        struct room room = room_for(nr);
        struct multicall_entry entry = {0};
        struct hypercall entry_call = {0};

        entry_step.who = (uint8_t)((entry_step.who & ~STEP_COMPAT) | (s->who & STEP_COMPAT));
        if (entry_step.what == STEP_CALL)
            read_raw_call(&inner, &entry_step, &entry_call);
        else
            read_operation(&inner, &entry_step, &room, &entry_call);
        entry.op = entry_call.nr;
        memcpy(entry.args, entry_call.arg, sizeof(entry_call.arg));
        (void)guest_struct_write(compat, &guest_multicall_entry,
                                 guest_ptr(list + nr * guest_struct_size(compat, &guest_multicall_entry)),
                                 &entry);
    }
    *call = (struct hypercall){.nr = __HYPERVISOR_multicall, .arg = {list, s->arg ? s->arg : nr}};
}

/* ---- what guests and idle CPUs do besides ---- */

static void set_registers(const struct step *s, struct guest *g, const uint8_t *data)
{
    uint64_t cr3;

    guest_set_mode(g, s->arg);
    if (s->nr_data < sizeof(cr3))
        return;
    memcpy(&cr3, data, sizeof(cr3));
    g->cr3 = g->view32.cr3 = s->who & STEP_RAW ? cr3 : (cr3 % GUEST_PAGES) << PAGE_SHIFT;
}

bool read_call(struct bytes *in, const struct step *s, struct guest *g, struct hypercall *call)
{
    uint8_t structure[UINT8_MAX], data[UINT8_MAX];
    struct room room = room_for(0);

    *call = (struct hypercall){0};
    guest_enter_flat(g);
    if (s->what == STEP_CALL)
        read_raw_call(in, s, call);
    else if (s->what == STEP_MULTICALL)
        read_multicall(in, s, call);
    else if (s->what < STEP_REGISTERS || s->what > STEP_SCRUB)
        read_operation(in, s, &room, call);
    else {
        take(in, structure, sizeof(structure) < s->nr_structure ? sizeof(structure) : s->nr_structure);
        take(in, data, s->nr_data);
    }
    call->compat = s->who & STEP_COMPAT;
    if (s->what == STEP_REGISTERS)
        set_registers(s, g, data);
    else if (s->what == STEP_MEMORY)
        write_guest((uint64_t)(s->arg % GUEST_PAGES) << PAGE_SHIFT |
                        (structure[0] | (structure[1] & 15U) << 8),
                    data, s->nr_data);
    else if (s->what == STEP_SCRUB)
        heap_scrub_slice(0, s->arg);
    return call->nr || s->what == STEP_CALL;
}
