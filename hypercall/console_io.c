/* SPDX-License-Identifier: MIT */
/* console_io: text from every domain, input for the console's owner. */
#include "console.h"
#include "console_input.h"
#include "hypercall.h"

#define CHUNK 128 /* bytes copied at once */
#define BATCH 128 /* bytes between two chances for interrupts and other vCPUs */

/* (CONSOLEIO_write, count, buffer): 0. */
static int64_t console_write(struct vcpu *v, struct hypercall *call)
{
    uint32_t left = (uint32_t)call->arg[1];
    char text[CHUNK];

    for (unsigned int done = 0; left;) {
        uint32_t n = MIN(left, sizeof(text));

        if (done >= BATCH)
            return -ERESTART;
        if (arch_copy_from_guest(text, guest_ptr(call->arg[2]), n))
            return refuse(EFAULT, "console_io: write at %#lx", call->arg[2]);
        console_guest_write(v->domain, text, n);
        done += n;
        left -= n;
        call->arg[1] = left;
        call->arg[2] += n;
    }
    return 0;
}

/* (CONSOLEIO_read, count, buffer): how many bytes were waiting, not more than a chunk. */
static int64_t console_read(struct vcpu *v, struct hypercall *call)
{
    char text[CHUNK];
    size_t n;

    if (!v->domain->console_owner && !v->domain->privileged)
        return refuse(EPERM, "d%u: the console is not its own", v->domain->domid);
    n = console_guest_read(v->domain, text, MIN((uint32_t)call->arg[1], sizeof(text)));
    if (n && arch_copy_to_guest(guest_ptr(call->arg[2]), text, n))
        return refuse(EFAULT, "console_io: read to %#lx", call->arg[2]);
    return (int64_t)n;
}

static int64_t (*const operations[])(struct vcpu *v, struct hypercall *call) = {
#define CONSOLE_IO(name, structure, who, errors) [CONSOLEIO_##name] = console_##name,
#include "calls.h"
};

int64_t do_console_io(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];

    if (cmd >= ARRAY_SIZE(operations))
        return refuse(ENOSYS, "console_io: operation %u", cmd);
    return operations[cmd](v, call);
}
