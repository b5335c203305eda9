/* SPDX-License-Identifier: MIT */
/* XEN_DOMCTL_{get,set}hvmcontext: the stream of save records HEADER, CPU, END (xen/hvm/save.h). */
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
        .end_d = {HVM_SAVE_CODE(END), 0, 0},
    };
    context_from_vcpu(v, &s->cpu);
    return sizeof(*s);
}

/* What was found on the way through a stream. */
struct found {
    bool header, end;
    const struct hvm_hw_cpu *cpu; /* this vCPU's */
};

static int take_record(const struct hvm_save_descriptor *d, unsigned int vcpu_id, struct found *f)
{
    const void *body = d + 1;

    if (d->typecode == HVM_SAVE_CODE(END)) {
        f->end = true;
    } else if (d->typecode == HVM_SAVE_CODE(HEADER)) {
        const struct hvm_save_header *h = body;

        if (d->length != sizeof(*h) || h->magic != HVM_FILE_MAGIC || h->version != HVM_FILE_VERSION)
            return refuse(EINVAL, "context: header of %u bytes, no Xen save stream", d->length);
        f->header = true;
    } else if (d->typecode == HVM_SAVE_CODE(CPU)) {
        if (!f->header || d->length != sizeof(*f->cpu))
            return refuse(EINVAL, "context: CPU record of %u bytes", d->length);
        if (d->instance == vcpu_id)
            f->cpu = body;
    } else {
        return refuse(EINVAL, "context: record of unknown type %u", d->typecode);
    }
    return 0;
}

/* Records of other vCPUs are passed over: the caller hands the stream to each vCPU. */
static int find_cpu_record(unsigned int vcpu_id, const char *p, size_t size, const struct hvm_hw_cpu **cpu)
{
    struct found f = {0};

    while (!f.end) {
        const struct hvm_save_descriptor *d = (const void *)p;
        int rc;

        if (size < sizeof(*d) || size - sizeof(*d) < d->length)
            return refuse(EINVAL, "context: stream ends inside a record, %zu bytes left", size);
        rc = take_record(d, vcpu_id, &f);
        if (rc)
            return rc;
        p += sizeof(*d) + d->length;
        size -= sizeof(*d) + d->length;
    }
    *cpu = f.cpu;
    return f.cpu ? 0 : refuse(EINVAL, "context: no CPU record for vCPU %u", vcpu_id);
}

int arch_vcpu_check_context(const struct arch_vcpu *v, const void *stream, size_t size)
{
    const struct hvm_hw_cpu *cpu;
    int rc = find_cpu_record(v->id, stream, size, &cpu);

    return rc ? rc : context_check(cpu);
}

int arch_vcpu_set_context(struct arch_vcpu *v, const void *stream, size_t size)
{
    const struct hvm_hw_cpu *cpu;
    int rc = find_cpu_record(v->id, stream, size, &cpu);

    return rc ? rc : context_to_vcpu(v, cpu);
}
