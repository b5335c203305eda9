/* SPDX-License-Identifier: MIT */
/* domctl: the machine state of a domain's vCPUs as Xen's stream of save records (hvm/save.h). */
#include "domctl.h"
#include "schedule.h"
#include <string.h>

#define CONTEXT_MAX (288U * 1024) /* records of all the vCPUs that a domain can have */

static spinlock_t context_lock = SPINLOCK_INIT(RANK_DOMCTL, "hvmcontext");
static uint8_t context[CONTEXT_MAX] ALIGNED(16) GUARDED_BY(context_lock); /* records are 8-aligned */

/* The record at OFFSET, or false when the stream ends before it does. */
static bool read_record(const uint8_t *stream, size_t size, size_t offset, struct hvm_save_descriptor *record)
{
    if (size - offset < sizeof(*record))
        return false;
    memcpy(record, stream + offset, sizeof(*record));
    return record->length <= size - offset - sizeof(*record);
}

static size_t record_size(const struct hvm_save_descriptor *record)
{
    return sizeof(*record) + record->length;
}

static struct vcpu *vcpu_of(const struct domain *d, const struct hvm_save_descriptor *record)
{
    return domain_vcpu(d, record->instance);
}

/* Whole records up to an end record, for each CPU record a vCPU, and a state in it that a CPU can be in. */
static int check_stream(const struct domain *d, const uint8_t *stream, size_t size)
{
    struct hvm_save_descriptor record;
    int rc;

    for (size_t at = 0; read_record(stream, size, at, &record); at += record_size(&record)) {
        if (record.typecode == HVM_SAVE_CODE(END))
            return 0;
        if (record.typecode != HVM_SAVE_CODE(CPU))
            continue;
        if (!vcpu_of(d, &record))
            return refuse(EINVAL, "sethvmcontext: d%u has no vCPU %u", d->domid, record.instance);
        rc = arch_vcpu_check_context(vcpu_of(d, &record)->arch, stream, size);
        if (rc)
            return rc;
    }
    return refuse(EINVAL, "sethvmcontext: %zu bytes without an end record", size);
}

/* Every vCPU that the stream has a CPU record for gets its state and is brought up. The stream was checked.
 */
static void load_vcpus(struct domain *d, const uint8_t *stream, size_t size)
{
    struct hvm_save_descriptor record;

    for (size_t at = 0; read_record(stream, size, at, &record); at += record_size(&record)) {
        if (record.typecode == HVM_SAVE_CODE(END))
            break;
        if (record.typecode != HVM_SAVE_CODE(CPU))
            continue;
        BUG_ON(arch_vcpu_set_context(vcpu_of(d, &record)->arch, stream, size));
        __atomic_store_n(&vcpu_of(d, &record)->initialised, true, __ATOMIC_RELEASE);
        vcpu_up(vcpu_of(d, &record));
    }
}

int domctl_sethvmcontext(struct domctl_call *c)
{
    const struct xen_domctl_hvmcontext *arg = &c->op.u.hvmcontext;
    int rc;

    if (c->d == c->v->domain || arg->size > CONTEXT_MAX)
        return refuse(EINVAL, "sethvmcontext: %u bytes for d%u", arg->size, c->d->domid);
    rc = domain_hold(c->d);
    if (rc)
        return rc;
    spin_lock(&context_lock);
    if (READ_ONCE(c->d->is_dying)) /* or it begins to die now: then the state goes with its vCPUs */
        rc = refuse(ESRCH, "sethvmcontext: d%u is dying", c->d->domid);
    else if (handle_is_null(arg->buffer) || arch_copy_from_guest(context, handle_ptr(arg->buffer), arg->size))
        rc = refuse(EFAULT, "sethvmcontext: %u bytes at %p", arg->size, (const void *)arg->buffer.p);
    else
        rc = check_stream(c->d, context, arg->size);
    if (rc == 0)
        load_vcpus(c->d, context, arg->size);
    spin_unlock(&context_lock);
    domain_release(c->d);
    return rc;
}

/* Of each vCPU's own stream the header is kept once, at the start, and the end once, at the end. Moves the
 * stream of SIZE bytes at STREAM + AT over what it replaces; returns where the next one goes. */
static size_t join_stream(uint8_t *stream, size_t at, size_t size, bool first, bool last)
{
    struct hvm_save_descriptor record;
    size_t from = at, end = at + size;

    for (; read_record(stream, end, from, &record); from += record_size(&record)) {
        if ((record.typecode == HVM_SAVE_CODE(HEADER) && !first) ||
            (record.typecode == HVM_SAVE_CODE(END) && !last))
            continue;
        memmove(stream + at, stream + from, record_size(&record));
        at += record_size(&record);
    }
    return at;
}

/* The size of the whole stream; 0 when it does not fit or there are no vCPUs. Those that another CPU adds
 * meanwhile are not in it. */
static size_t save_vcpus(struct domain *d, uint8_t *stream)
{
    unsigned int nr = 0;
    size_t at = 0;

    while (domain_vcpu(d, nr))
        nr++;
    for (unsigned int i = 0; i < nr; i++) {
        size_t size = arch_vcpu_get_context(domain_vcpu(d, i)->arch, stream + at, CONTEXT_MAX - at);

        if (size > CONTEXT_MAX - at)
            return 0;
        at = join_stream(stream, at, size, i == 0, i + 1 == nr);
    }
    return at;
}

/* With a NULL buffer: the size that it needs. */
int domctl_gethvmcontext(struct domctl_call *c)
{
    struct xen_domctl_hvmcontext *arg = &c->op.u.hvmcontext;
    size_t size;
    int rc =
        c->d == c->v->domain ? refuse(EINVAL, "gethvmcontext: d%u itself", c->d->domid) : domain_hold(c->d);

    if (rc)
        return rc;
    spin_lock(&context_lock);
    size = save_vcpus(c->d, context);
    if (size == 0)
        rc = refuse(EINVAL, "gethvmcontext: d%u has no vCPU or too many", c->d->domid);
    else if (!handle_is_null(arg->buffer) && arg->size < size)
        rc = refuse(ENOSPC, "gethvmcontext: %u bytes, %zu needed", arg->size, size);
    else if (!handle_is_null(arg->buffer) && arch_copy_to_guest(handle_ptr(arg->buffer), context, size))
        rc = refuse(EFAULT, "gethvmcontext: %zu bytes to %p", size, (const void *)arg->buffer.p);
    spin_unlock(&context_lock);
    domain_release(c->d);
    arg->size = (uint32_t)size;
    c->copy_back = rc == 0;
    return rc;
}
