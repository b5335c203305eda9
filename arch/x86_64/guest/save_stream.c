/* SPDX-License-Identifier: MIT */
/* XEN_DOMCTL_{get,set}hvmcontext: the stream of save records HEADER, CPU, LAPIC,
 * LAPIC_REGS, END (xen/hvm/save.h). */
#include "context.h"
#include "cpu/insn.h"
#include "error.h"
#include "log.h"
#include <string.h>

struct stream {
    struct hvm_save_descriptor header_d;
    struct hvm_save_header header;
    struct hvm_save_descriptor cpu_d;
    struct hvm_hw_cpu cpu;
    struct hvm_save_descriptor lapic_d;
    struct hvm_hw_lapic lapic;
    struct hvm_save_descriptor regs_d;
    struct hvm_hw_lapic_regs regs;
    struct hvm_save_descriptor end_d;
};

size_t arch_vcpu_get_context(const struct arch_vcpu *v, void *stream, size_t capacity)
{
    struct stream *s = stream;

    if (capacity < sizeof(*s))
        return sizeof(*s);
    *s = (struct stream){
        .header_d = {HVM_SAVE_CODE(HEADER), 0, sizeof(s->header)},
        .header = {.magic = HVM_FILE_MAGIC,
                   .version = HVM_FILE_VERSION,
                   .cpuid = cpuid(1, 0).eax,
                   .gtsc_khz = arch_tsc_khz()},
        .cpu_d = {HVM_SAVE_CODE(CPU), (uint16_t)v->id, sizeof(s->cpu)},
        .lapic_d = {HVM_SAVE_CODE(LAPIC), (uint16_t)v->id, sizeof(s->lapic)},
        .regs_d = {HVM_SAVE_CODE(LAPIC_REGS), (uint16_t)v->id, sizeof(s->regs)},
        .end_d = {HVM_SAVE_CODE(END), 0, 0},
    };
    context_from_vcpu(v, &s->cpu);
    vlapic_save(v, &s->lapic, &s->regs);
    return sizeof(*s);
}

/* What was found on the way through a stream; of this vCPU's. */
struct found {
    bool header, end;
    const struct hvm_hw_cpu *cpu;
    const struct hvm_hw_lapic *lapic; /* both of its records or none: then it stays as it is */
    const struct hvm_hw_lapic_regs *regs;
};

static int take_header(const struct hvm_save_descriptor *d, struct found *f)
{
    const struct hvm_save_header *h = (const void *)(d + 1);

    if (d->length != sizeof(*h) || h->magic != HVM_FILE_MAGIC || h->version != HVM_FILE_VERSION)
        return refuse(EINVAL, "context: header of %u bytes, no Xen save stream", d->length);
    f->header = true;
    return 0;
}

/* Of LENGTH, after the header. */
static int take_state(const struct hvm_save_descriptor *d, size_t length, unsigned int vcpu_id,
                      const struct found *f, const void **state)
{
    if (!f->header || d->length != length)
        return refuse(EINVAL, "context: record of type %u and %u bytes", d->typecode, d->length);
    if (d->instance == vcpu_id)
        *state = d + 1;
    return 0;
}

static int take_record(const struct hvm_save_descriptor *d, unsigned int vcpu_id, struct found *f)
{
    switch (d->typecode) {
    case HVM_SAVE_CODE(END):
        f->end = true;
        return 0;
    case HVM_SAVE_CODE(HEADER):
        return take_header(d, f);
    case HVM_SAVE_CODE(CPU):
        return take_state(d, sizeof(*f->cpu), vcpu_id, f, (const void **)&f->cpu);
    case HVM_SAVE_CODE(LAPIC):
        return take_state(d, sizeof(*f->lapic), vcpu_id, f, (const void **)&f->lapic);
    case HVM_SAVE_CODE(LAPIC_REGS):
        return take_state(d, sizeof(*f->regs), vcpu_id, f, (const void **)&f->regs);
    }
    return refuse(EINVAL, "context: record of unknown type %u", d->typecode);
}

/* Records of other vCPUs are passed over: the caller hands the stream to each vCPU. */
static int find_records(unsigned int vcpu_id, const char *p, size_t size, struct found *f)
{
    *f = (struct found){0};
    while (!f->end) {
        const struct hvm_save_descriptor *d = (const void *)p;
        int rc;

        if (size < sizeof(*d) || size - sizeof(*d) < d->length)
            return refuse(EINVAL, "context: stream ends inside a record, %zu bytes left", size);
        rc = take_record(d, vcpu_id, f);
        if (rc)
            return rc;
        p += sizeof(*d) + d->length;
        size -= sizeof(*d) + d->length;
    }
    if (!f->cpu || !f->lapic != !f->regs)
        return refuse(EINVAL, "context: vCPU %u has no CPU record, or half a local APIC", vcpu_id);
    return 0;
}

static int find_state(const struct arch_vcpu *v, const void *stream, size_t size, struct found *f)
{
    int rc = find_records(v->id, stream, size, f);

    if (rc == 0)
        rc = context_check(f->cpu);
    if (rc == 0 && f->lapic)
        rc = vlapic_check_saved(v, f->lapic, f->regs);
    return rc;
}

int arch_vcpu_check_context(const struct arch_vcpu *v, const void *stream, size_t size)
{
    struct found f;

    return find_state(v, stream, size, &f);
}

int arch_vcpu_set_context(struct arch_vcpu *v, const void *stream, size_t size)
{
    struct found f;
    int rc = find_state(v, stream, size, &f);

    if (rc)
        return rc;
    if (f.lapic)
        vlapic_load(v, f.lapic, f.regs);
    return context_to_vcpu(v, f.cpu);
}
