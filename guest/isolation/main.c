/* SPDX-License-Identifier: MIT */
/* Which role this is: the command line says. */
#include "isolation.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *role;

int main(int argc, char **argv)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    role = argc > 1 ? argv[1] : "judge";
    if (!strcmp(role, "holder"))
        return holder();
    if (!strcmp(role, "prober") && argc > 2)
        return prober((domid_t)strtoul(argv[2], NULL, 0));
    if (!strcmp(role, "judge") && xch)
        return judge(xch);
    printf("isolation: judge, holder, or prober DOMID\n");
    return 1;
}
