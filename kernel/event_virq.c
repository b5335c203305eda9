/* SPDX-License-Identifier: MIT */
/* Event channels: binding VIRQs, and those about the machine on their way to all who are told. */
#include "event_port.h"
#include "log.h"

/* How many domains that are told of a global VIRQ have it bound: nobody looks for them when there is none. */
static unsigned int nr_bound[NR_VIRQS];

/* As in Xen: those of the architecture and Argo's are the domain's, which for its vCPUs is the same. */
bool virq_is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

/* They are for privileged domains, the console's input also for its owner. */
bool event_virq_is_told(const struct domain *d, unsigned int virq)
{
    return virq == VIRQ_CONSOLE ? d->console_owner || d->privileged : d->privileged && virq_is_global(virq);
}

bool event_virq_is_bound(unsigned int virq)
{
    return READ_ONCE(nr_bound[virq]) > 0;
}

void event_set_virq_port(struct vcpu *v, uint32_t virq, int port)
{
    struct domain *d = v->domain;

    spin_lock(&d->events.lock);
    WRITE_ONCE(v->virq_port[virq], (uint16_t)port); /* event_send_global_virq looks without the lock */
    spin_unlock(&d->events.lock);
    if (!event_virq_is_told(d, virq))
        return;
    WRITE_ONCE(nr_bound[virq], port ? nr_bound[virq] + 1 : nr_bound[virq] - 1);
    if (port && virq == VIRQ_CONSOLE)
        event_console_listen();
}

static int bind_virq(struct vcpu *v, uint32_t virq) REQUIRES(event_bind_lock)
{
    int port;

    if (v->virq_port[virq])
        return refuse(EEXIST, "event: VIRQ %u of d%u vCPU %u is bound", virq, v->domain->domid, v->id);
    port = evtchn_open(v->domain,
                       (struct evtchn){.state = ECS_VIRQ, .vcpu = (uint8_t)v->id, .virq = (uint16_t)virq});
    if (port > 0)
        event_set_virq_port(v, virq, port);
    return port;
}

int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu)
{
    struct vcpu *v = domain_vcpu(d, vcpu);
    int port;

    if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
        return refuse(EINVAL, "event: VIRQ %u of vCPU %u", virq, vcpu);
    if (!v)
        return refuse(ENOENT, "event: d%u has no vCPU %u", d->domid, vcpu);
    port = event_need_shared_info(d);
    if (port)
        return port;
    spin_lock(&event_bind_lock);
    port = bind_virq(v, virq);
    spin_unlock(&event_bind_lock);
    return port;
}

void event_send_global_virq(unsigned int virq)
{
    unsigned int left = READ_ONCE(nr_bound[virq]);
    struct domain *d;

    for (domid_t next = 0; left && (d = domain_get_next(next)); next = (domid_t)(next + 1)) {
        struct vcpu *v = domain_vcpu(d, 0);

        next = d->domid;
        if (event_virq_is_told(d, virq) && v && READ_ONCE(v->virq_port[virq])) {
            event_send_virq(v, virq);
            left--;
        }
        domain_put(d);
    }
}
