/* SPDX-License-Identifier: MIT */
/* The hypervisor's way from its first line of C to the first guest: one list of steps. */
#include "boot_domain.h"
#include "bootmem.h"
#include "console.h"
#include "console_input.h"
#include "error.h"
#include "fault.h"
#include "guest_time.h"
#include "heap.h"
#include "host_info.h"
#include "observe.h"
#include "schedule.h"
#include "smp.h"
#include "topology.h"
#include "version.h"
#include "watchdog.h"

static const struct boot_info *boot;
static struct config config;
static struct machine machine;
static struct topology topology;

/* Until this step messages are kept: the configuration says where they go. */
static int read_config(void)
{
    const struct boot_module *file = &boot->modules[boot->config_module];
    char error[CONFIG_ERROR_SIZE];
    int rc;

    if (boot->config_module >= boot->nr_modules) {
        log_err("no allod.cfg on the boot volume\n");
        return -ENOENT;
    }
    rc = config_parse(&config, paddr_to_virt(paddr(file->start)), file->size, boot->cmdline, error,
                      sizeof(error));
    if (rc) {
        log_err("%s\n", error);
        return rc;
    }
    console_init(config.console, config.log, config.loglvl);
    trace_topics = config.trace;
    hypercall_checks = config.checks;
    watchdog_init(config.watchdog);
    sched_idle_scrub = config.idle_scrub;
    console_input_for((domid_t)config.input);
    if (IS_DEBUG) {
        fault_arm(config.fail, config.fail_times);
        mistake_plan(config.mistake, config.mistake_cpu);
    }
    return 0;
}

static int parse_acpi(void)
{
    return arch_acpi_parse(boot, &machine);
}

static int calibrate_time(void)
{
    guest_time_init(boot->seconds);
    return arch_time_init(&machine);
}

static int find_nodes(void)
{
    int rc = topology_build(boot, &machine, &topology);

    if (rc)
        return rc;
    nodes_init(topology.online, topology.distance, topology.nr_nodes);
    host_info_init(&topology);
    return 0;
}

static int start_bootmem(void)
{
    return bootmem_init(topology.ranges, topology.nr_ranges);
}

static int map_frame_table(void)
{
    return arch_map_frame_table(topology.ranges, topology.nr_ranges);
}

static int start_heap(void)
{
    unsigned int nr;
    const struct mem_range *ranges = bootmem_ranges(&nr);

    heap_add_ranges(ranges, nr);
    return bootmem_init(ranges, 0); /* it has nothing left to give */
}

static int start_scheduler(void)
{
    sched_init_cpu();
    return 0;
}

static int start_processors(void)
{
    unsigned int known = smp_start(&machine, &topology);

    log_info("processors: %u of %u up\n", host_info.nr_cpus, known);
    return 0;
}

/* What the hypervisor has for itself before there are guests: RAM of the firmware's map less the heap and
 * less the guests' images. */
static void print_memory(void)
{
    struct heap_info info;
    uint64_t ram = 0, images = 0;

    heap_info(&info);
    for (unsigned int i = 0; i < boot->nr_ranges; i++)
        if (boot->ranges[i].type == BOOT_RANGE_FREE || boot->ranges[i].type == BOOT_RANGE_LOADED)
            ram += boot->ranges[i].end - boot->ranges[i].start;
    for (unsigned int i = 0; i < boot->nr_modules; i++)
        images += (boot->modules[i].size + PAGE_SIZE - 1) & PAGE_MASK;
    log_info("memory: %lu KiB for the hypervisor of %lu KiB\n",
             (ram - images - (info.avail_pages << PAGE_SHIFT)) / KiB, ram / KiB);
}

static int build_domains(void)
{
    print_memory();
    return boot_domains_build(boot, &config);
}

static const struct boot_step {
    const char *name;
    int (*run)(void);
} steps[] = {
    {"processor and page tables", arch_cpu_init},
    {"configuration", read_config},
    {"ACPI tables", parse_acpi},
    {"time", calibrate_time},
    {"nodes", find_nodes},
    {"boot memory", start_bootmem},
    {"frame table", map_frame_table},
    {"heap", start_heap},
    {"per-CPU data", arch_percpu_init},
    {"scheduler", start_scheduler},
    {"processors", start_processors},
    {"boot domains", build_domains},
};

/* What cannot start says why on the console, and nothing runs. */
static void run_steps(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
        uint64_t start = arch_now();
        int rc = steps[i].run();

        if (rc) {
            console_force();
            log_err("[failed] %s, error %d: nothing is started\n", steps[i].name, -rc);
            arch_exit(EXIT_CODE_BOOT);
        }
        log_info("[ok] %s\n", steps[i].name);
        if (arch_now() > start)
            log_debug("     %s took %lu us\n", steps[i].name, (arch_now() - start) / 1000);
    }
}

static unsigned int count_cpus(nodeid_t node)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < host_info.nr_cpus; i++)
        n += host_info.cpu_node[i] == node;
    return n;
}

static void print_summary(void)
{
    struct heap_info info;
    nodeid_t node;

    heap_info(&info);
    for_each_node_in (node, topology.online) {
        unsigned int cpus = count_cpus(node);
        unsigned long ram = 0;

        for (unsigned int i = 0; i < topology.nr_ranges; i++)
            if (topology.ranges[i].node == node)
                ram += topology.ranges[i].end.v - topology.ranges[i].start.v;
        log_info("node %u: %lu MiB, %lu MiB free, %u CPU%s\n", node, (ram << PAGE_SHIFT) / MiB,
                 (info.node_avail[node] << PAGE_SHIFT) / MiB, cpus, cpus == 1 ? "" : "s");
    }
}

void kernel_main(const struct boot_info *bi)
{
    bool ok;

    boot = bi;
    arch_console_early();
    log_info("Allod %s\n", allod_version);
    run_steps();
    log_info("%s\n", arch_cpu_name());
    print_summary();
    log_info("leaving boot services to the first guest: %lu ms\n", arch_now() / 1000000);
    log_info("TSC: %lu when the loader began, %lu when it left boot services\n", boot->tsc_entry,
             boot->tsc_exit);
    boot_domains_start();
    watchdog_start();
    sched_run();
    smp_wait_for_the_end();
    log_info("the boot domains have ended\n");
    arch_exit(domains_ended(&ok) && ok ? EXIT_CODE_OK : EXIT_CODE_FAIL);
}
