/* SPDX-License-Identifier: MIT */
/* The nodes that every domain has in its xenstore. */
#include "error.h"
#include "xenstore.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum what { EMPTY, DOMID, NAME, VM, MEMORY, PARAM, ONLINE, FEATURE, COMMAND };

/* Relative to /local/domain/DOMID. A # stands for the number of each vCPU. */
static const struct node {
    const char *path;
    uint8_t what, param;
} nodes[] = {
    {"", EMPTY, 0},
    {"console", EMPTY, 0},
    {"console/port", PARAM, HVM_PARAM_CONSOLE_EVTCHN},
    {"console/ring-ref", PARAM, HVM_PARAM_CONSOLE_PFN},
    {"control", EMPTY, 0},
    {"control/feature-poweroff", FEATURE, 0},
    {"control/feature-reboot", FEATURE, 0},
    {"control/feature-s3", FEATURE, 0},
    {"control/feature-s4", FEATURE, 0},
    {"control/feature-suspend", FEATURE, 0},
    {"control/shutdown", COMMAND, 0},
    {"control/sysrq", COMMAND, 0},
    {"cpu", EMPTY, 0},
    {"cpu/#", EMPTY, 0},
    {"cpu/#/availability", ONLINE, 0},
    {"device", EMPTY, 0},
    {"domid", DOMID, 0},
    {"memory", EMPTY, 0},
    {"memory/static-max", MEMORY, 0},
    {"memory/target", MEMORY, 0},
    {"name", NAME, 0},
    {"store", EMPTY, 0},
    {"store/port", PARAM, HVM_PARAM_STORE_EVTCHN},
    {"store/ring-ref", PARAM, HVM_PARAM_STORE_PFN},
    {"vm", VM, 0},
};
_Static_assert(ARRAY_SIZE(nodes) <= 32, "each has a bit, and two in a view");

/* What a domain can say there: nothing yet; it has no such feature; it has. A command it can only take away.
 */
static const char *const own_values[] = {"", "0", "1"};

/* ---- paths ---- */

/* As xenstored's is_valid_nodename. */
static bool is_path(const char *s)
{
    size_t len = strlen(s);

    if (len == 0 || len >= XENSTORE_ABS_PATH_MAX || (len > 1 && s[len - 1] == '/') || strstr(s, "//"))
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("-/_@", *s))
            return false;
    return true;
}

/* The number of a vCPU, as it is written without leading zeros; behind it; NULL: it is none. */
static const char *skip_vcpu(const struct domain *d, const char *s)
{
    unsigned int n = 0;
    size_t len;

    for (len = 0; isdigit((unsigned char)s[len]) && n < MAX_VCPUS; len++)
        n = n * 10 + (unsigned int)(s[len] - '0');
    return len && n < d->max_vcpus && (s[0] != '0' || len == 1) ? s + len : NULL;
}

static bool matches(const struct domain *d, const char *pattern, const char *path)
{
    for (; *pattern; pattern++) {
        if (*pattern == '#') {
            path = skip_vcpu(d, path);
            if (!path)
                return false;
        } else if (*path++ != *pattern) {
            return false;
        }
    }
    return *path == 0;
}

int xenstore_find(const struct domain *d, const char *path)
{
    char home[sizeof("/local/domain/65535")];
    size_t len = (size_t)snprintf(home, sizeof(home), "/local/domain/%u", d->domid);

    if (!is_path(path))
        return -EINVAL;
    if (*path == '/') {
        if (strncmp(path, home, len) || (path[len] && path[len] != '/'))
            return -EACCES;
        path += len + (path[len] == '/');
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(nodes); i++)
        if (matches(d, nodes[i].path, path))
            return (int)i;
    return -ENOENT;
}

/* ---- contents ---- */

static int print_vm(const uint8_t *h, char *buf, size_t size)
{
    int n = snprintf(buf, size, "/vm/");

    for (unsigned int i = 0; i < 16; i++)
        n += snprintf(buf + n, size - (size_t)n, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                      h[i]);
    return n;
}

bool xenstore_is_own(unsigned int node)
{
    return nodes[node].what == FEATURE || nodes[node].what == COMMAND;
}

/* SIZE has room for each. */
int xenstore_read(const struct domain *d, const struct store_view *view, const char *path, char *buf,
                  size_t size)
{
    int i = xenstore_find(d, path);

    if (i < 0)
        return i;
    switch ((enum what)nodes[i].what) {
    case EMPTY:
        return 0;
    case DOMID:
        return snprintf(buf, size, "%u", d->domid);
    case NAME:
        return snprintf(buf, size, "Domain-%u", d->domid);
    case VM:
        return print_vm(d->handle, buf, size);
    case MEMORY:
        return snprintf(buf, size, "%lu", READ_ONCE(d->mem.max_pages) * (PAGE_SIZE / KiB));
    case PARAM:
        return snprintf(buf, size, "%lu", READ_ONCE(d->hvm_param[nodes[i].param]));
    case ONLINE:
        return snprintf(buf, size, "online");
    case FEATURE:
    case COMMAND:
        return snprintf(buf, size, "%s", own_values[view->values >> 2 * i & 3]);
    }
    return -EINVAL;
}

int xenstore_write(const struct domain *d, struct store_view *view, const char *path, const char *value,
                   size_t len)
{
    int i = xenstore_find(d, path);

    if (i < 0 || !xenstore_is_own((unsigned int)i))
        return i == -EINVAL ? -EINVAL : -EACCES;
    for (uint64_t v = 0; v < (nodes[i].what == COMMAND ? 1 : ARRAY_SIZE(own_values)); v++)
        if (len == strlen(own_values[v]) && memcmp(value, own_values[v], len) == 0) {
            view->values = (view->values & ~(3ULL << 2 * i)) | v << 2 * i;
            view->written |= 1U << i;
            return 0;
        }
    return -EINVAL;
}

/* The name of NODE, if it is a child of PARENT. */
static const char *child_name(const struct node *parent, const struct node *node)
{
    size_t len = strlen(parent->path);
    const char *name;

    if (node == parent || strncmp(node->path, parent->path, len) || (len && node->path[len] != '/'))
        return NULL;
    name = node->path + len + (len != 0);
    return strchr(name, '/') ? NULL : name;
}

static size_t add_name(char *buf, size_t used, size_t size, const char *name)
{
    size_t len = strlen(name) + 1;

    if (used + len <= size)
        memcpy(buf + used, name, len);
    return used + len;
}

static size_t add_vcpus(const struct domain *d, char *buf, size_t used, size_t size)
{
    char name[sizeof("4294967295")];

    for (unsigned int id = 0; id < d->max_vcpus; id++) {
        snprintf(name, sizeof(name), "%u", id);
        used = add_name(buf, used, size, name);
    }
    return used;
}

int xenstore_directory(const struct domain *d, const char *path, char *buf, size_t size)
{
    int i = xenstore_find(d, path);
    size_t used = 0;

    for (unsigned int n = 0; i >= 0 && n < ARRAY_SIZE(nodes); n++) {
        const char *name = child_name(&nodes[i], &nodes[n]);

        if (name)
            used = *name == '#' ? add_vcpus(d, buf, used, size) : add_name(buf, used, size, name);
    }
    if (i < 0)
        return i;
    return used <= size ? (int)used : -E2BIG;
}

bool xenstore_is_watched(const struct domain *d, const char *path, unsigned int node, char *buf, size_t size)
{
    size_t len = strcmp(path, "/") ? strlen(path) : 0;

    if (*path == '/')
        snprintf(buf, size, "/local/domain/%u/%s", d->domid, nodes[node].path);
    else
        snprintf(buf, size, "%s", nodes[node].path);
    return strncmp(buf, path, len) == 0 && (buf[len] == 0 || buf[len] == '/');
}
