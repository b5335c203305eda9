/* SPDX-License-Identifier: MIT */
/* Fuzzer for the hypercalls: any calls of privileged and unprivileged domains, from 64-bit and 32-bit code,
 * with any arguments and any page tables, on a machine with three nodes.
 *
 * Input: steps, as call_input.h says. After each call the heap's invariants hold and the error is one that
 * calls.h declares (hypercall_checks); a call of an unprivileged domain has changed nothing of another one.
 * In the end all domains are destroyed, and every counter is what it was before them. */
#include "call_input.h"
#include "host.h"
#include "machine.h"
#include "schedule.h"
#include <stdlib.h>

#define MAX_STEPS  64U
#define MAX_ROUNDS 32U /* of one call, without anything else between them */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hypercall_checks = true;
    host_console_quiet(true);
    sched_init_cpu();
    guests_create_machine();
    return 0;
}

/* Enter the call until it is done; as on a machine, 32-bit code cannot go on beyond its 4 GiB. */
static int64_t run(struct vcpu *v, struct hypercall *call, unsigned int rounds)
{
    int64_t rc;

    do {
        rc = upcall_hypercall(v, call);
    } while (rc == -ERESTART && --rounds && !(call->compat && !call_fits_compat(call)));
    return rc;
}

static void run_call(struct guest *g, struct hypercall *call, bool once)
{
    struct vcpu *v = guest_vcpu(g);
    bool watched = !g->d->privileged;
    uint64_t before;

    if (!v)
        return;
    before = watched ? guests_digest(g->d) : 0;
    set_current_vcpu(v);
    guest_enter(g, call->compat);
    g->pending = run(v, call, once ? 1 : MAX_ROUNDS) == -ERESTART;
    g->call = *call;
    set_current_vcpu(NULL);
    if (watched && before != guests_digest(g->d))
        panic("d%u has changed another domain", g->d->domid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};

    guests_create();
    for (unsigned int i = 0; i < MAX_STEPS && in.left; i++) {
        struct step s = read_step(&in);
        struct guest *g = &guests[s.who & STEP_GUEST];
        struct hypercall call;
        bool resumes = s.who & STEP_RESUME && g->pending;

        if (resumes)
            call = g->call;
        if (resumes || read_call(&in, &s, g, &call))
            run_call(g, &call, s.who & STEP_ONCE);
    }
    guests_destroy();
    return 0;
}
