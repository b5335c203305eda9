/* SPDX-License-Identifier: MIT */
/* guest/lib over a hypervisor that refuses everything: whatever the error, the caller learns it, and never
 * believes that it holds a reservation. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen_hypercall.h>
#include <xenctrl.h>

static int answer;

int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)nr, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    return -answer;
}

static int set_four_arguments(xc_interface *xch)
{
    struct xen_memory_claim entry = {.pages = 1, .target = 0};

    return xc_domain_claim_memory(xch, 1, 1, &entry);
}

static int set_five_arguments(xc_interface *xch)
{
    struct xen_memory_claim entry = {.pages = 1, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST};
    uint32_t nr = 1;

    return xc_domain_claim_memory(xch, 1, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, &entry);
}

static int set_total(xc_interface *xch)
{
    struct xen_memory_claim entries[] = {{.pages = 5, .target = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
                                         {.pages = 2, .target = 0}};

    return xc_domain_claim_memory(xch, 1, 2, entries);
}

static int get(xc_interface *xch)
{
    struct xen_memory_claim entry = {0};
    uint32_t nr = 1;

    return xc_domain_claim_memory(xch, 1, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, &entry);
}

static int legacy(xc_interface *xch)
{
    return xc_domain_claim_pages(xch, 1, 5);
}

static int info(xc_interface *xch)
{
    unsigned int nr = 0;

    return xc_claiminfo(xch, &nr, NULL, NULL);
}

static const struct {
    const char *name;
    int (*call)(xc_interface *xch);
} calls[] = {
    {"xc_domain_claim_memory, four arguments", set_four_arguments},
    {"xc_domain_claim_memory, five arguments", set_five_arguments},
    {"xc_domain_claim_memory, a total", set_total},
    {"xc_domain_claim_memory, GET", get},
    {"xc_domain_claim_pages", legacy},
    {"xc_claiminfo", info},
};

int main(void)
{
    static const int errors[] = {ENOSYS, EPERM,  EFAULT, EACCES,     ESRCH, EINVAL,
                                 E2BIG,  ENOENT, ENOMEM, EOPNOTSUPP, ERANGE};
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        for (unsigned int e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
            int rc;

            answer = errors[e];
            errno = 0;
            rc = calls[i].call(xch);
            if (rc == -1 && errno == answer)
                continue;
            printf("CAUGHT library: a refused call is reported as what it is\nSEQUENCE\n"
                   "    %s, the hypervisor answers %s: expected -1 and that errno, seen %d and %s\n",
                   calls[i].name, strerror(answer), rc, strerror(errno));
            return 1;
        }
    xc_interface_close(xch);
    printf("HOLDS %zu calls with %zu errors each\n", sizeof(calls) / sizeof(calls[0]),
           sizeof(errors) / sizeof(errors[0]));
    return 0;
}
