/* SPDX-License-Identifier: MIT */
/* A guest that counts the instructions of hypercalls; tools/bench.py starts it and reads what it prints. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

/* Words of the command line: `large` measures 1 GiB blocks, too; `nothing` measures nothing. */
int main(int argc, char **argv)
{
    uint64_t first = ticks();
    bool large = argc > 1 && strcmp(argv[1], "large") == 0;
    bool nothing = argc > 1 && strcmp(argv[1], "nothing") == 0;

    report("first_instruction", first, 1);
    if (!nothing) {
        bench_dirty_memory(large);
        bench_calls();
        bench_clean_memory(large);
        bench_exits();
    }
    printf("bench: end\n");
    return 0;
}
