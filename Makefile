# Allod: build, run, test. `make help` lists the targets.
-include config.mk

DEBUG ?= 1
NODES ?= 4
CPUS  ?= 4
MEM   ?= 4G

CC      = gcc
LD      = ld
OBJCOPY = objcopy
NM      = nm
NASM    = nasm

KIND := $(if $(filter 0,$(DEBUG)),release,debug)
B    := build/$(KIND)

# ---- flags -----------------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wvla -Wundef \
	-Wpointer-arith -Wwrite-strings
ABI  := -isystem build/abi -D__XEN_TOOLS__ -include stdint.h
INC  := -Iinclude -Imm -Ikernel -Ihypercall -Iarch/x86_64 -Ilib
DEPS  = -MMD -MP

# Evaluated once, and only when something is compiled: a fresh system has no compiler yet.
GCC_INCLUDE = $(eval GCC_INCLUDE := $$(shell $(CC) -print-file-name=include))$(GCC_INCLUDE)
FREE  = -std=gnu11 -ffreestanding -nostdinc -isystem $(GCC_INCLUDE) \
	-mno-red-zone -fno-pic -fno-pie -fno-omit-frame-pointer -fno-strict-aliasing -fcf-protection=none \
	-fno-asynchronous-unwind-tables -O2 -g -DCONFIG_DEBUG=$(if $(filter 0,$(DEBUG)),0,1)
FREE_debug   := -fsanitize=undefined -fsanitize-undefined-trap-on-error -fno-sanitize=alignment \
	-fstack-protector-strong -mstack-protector-guard=global
FREE_release := -fno-stack-protector
# Functions begin at multiples of 16; between their parts there are no no-ops, as in Linux' kernel.
HV_CFLAGS = $(FREE) $(FREE_$(KIND)) -falign-jumps=1 -falign-loops=1 \
	-mcmodel=kernel -mgeneral-regs-only -Wframe-larger-than=2048 $(WARN) $(ABI) \
	-Ilib/include $(INC)
GUEST_CFLAGS = $(filter-out -DCONFIG_DEBUG=%,$(FREE)) -fno-stack-protector -mno-sse -mgeneral-regs-only $(WARN) $(ABI) \
	-Ilib/include -Ilib -Iguest/lib/include

# ---- sources ---------------------------------------------------------------------------------------------
HV_C   := $(wildcard mm/*.c kernel/*.c hypercall/*.c lib/*.c $(addprefix arch/x86_64/,acpi/*.c cpu/*.c hvm/*.c guest/*.c))
HV_ASM := $(wildcard arch/x86_64/*/*.asm)
# What only debug builds call is not in the release.
NOT_IN_release := kernel/mistake.c mm/fault.c mm/invariants.c mm/poison.c
HV_O   := $(patsubst %.c,$(B)/obj/%.o,$(filter-out $(NOT_IN_$(KIND)),$(HV_C))) $(HV_ASM:%.asm=$(B)/obj/%.asm.o)
LOADER_C := $(wildcard arch/x86_64/boot/*.c) $(addprefix lib/,elf.c memory.c printf.c string.c)
GUESTS := $(patsubst guest/%/,%,$(filter-out guest/lib/ guest/lib32/,$(wildcard guest/*/)))
GUESTS32 := modes
GUEST_LIB_O := $(patsubst %,build/guest/obj/%.o,$(wildcard lib/*.c guest/lib/*.c guest/lib/*.asm))
GUEST_LIB32_O := $(patsubst %,build/guest/obj32/%.o,lib/string.c lib/printf.c guest/lib/cases.c $(wildcard guest/lib32/*.c guest/lib32/*.asm))

# ---- targets for people -----------------------------------------------------------------------------------
.DEFAULT_GOAL := help
RUN = python3 tools/run.py --nodes='$(NODES)' --mem='$(MEM)'
# A make that has jobs itself gives them on.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
SUB = +@$(MAKE) -s $(JOBS) --no-print-directory
# Is what the user gave a number? NAME TEXT LOW HIGH ...
NUMBERS = @python3 tools/parameters.py

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16
	@echo 'Variables: NODES=4 CPUS=4 MEM=4G DEBUG=1 (0: release build) SCN=FILE ALLOD_TIME_SCALE=1 (time limits)'

run: ## build, boot QEMU with NODES nodes, show the demonstration; on a terminal stay at the prompt
	@tools/need run
	$(SUB) all
	@DEBUG=$(DEBUG) $(RUN) --cpus='$(CPUS)' run

# The files of test/system in two processes: most of their machines have one busy CPU. Each file's tests run one after the other.
TWO_AT_ONCE = -n 2 --dist loadfile
test: ## unit tests, scenarios on the host and in QEMU, system tests; debug and release
	@tools/need test
	@echo '== unit tests, on the host under sanitizers'
	$(SUB) -Otarget unit
	@echo '== scenarios, on the host under sanitizers'
	$(SUB) scenarios-host
	@echo '== a reference model beside the code, random operations, bugs on purpose'
	$(SUB) -Otarget model-test
	@echo '== lines of mm/ and hypercall/ that these go through'
	$(SUB) coverage
	@echo '== threads, under ThreadSanitizer'
	$(SUB) threads SECONDS=8
	@echo '== all sequences of operations on a small machine, and seeded mistakes'
	$(SUB) -Otarget exhaustive
	@echo '== fuzzers, a few seconds each'
	$(SUB) fuzz SECONDS=5
	@echo '== system tests, in QEMU'
	$(SUB) all DEBUG=1
	$(SUB) all DEBUG=0
	@unset MAKEFLAGS; $$(command -v pytest-3 || command -v pytest) -q -p no:cacheprovider $(TWO_AT_ONCE) test/system
	@echo 'allod: all tests passed'

check: ## clang with -Wthread-safety, cppcheck, layers, headers, format
	@tools/need check
	$(SUB) clang cppcheck layers format

bench: ## count the instructions of hypercalls, twice, beside real Xen's; also in build/bench.json
	@tools/need bench
	$(SUB) all DEBUG=0
	$(SUB) build/host/bench_heap
	@python3 tools/bench.py

bench-parallel: ## pages per second of 4 builders on 4 CPUs against 1 on 1, on 2 host cores; also in build/bench-parallel.json
	@tools/need run
	$(SUB) all DEBUG=0
	@python3 tools/parallel.py
.PHONY: bench-parallel

bench-linux: ## CPU time of Debian's Linux from the start to the shell, against QEMU's microvm; also in build/bench-linux.json
	@tools/need linux
	$(SUB) all DEBUG=0
	@python3 tools/linux_cpu.py
.PHONY: bench-linux

scenario: ## play SCN=FILE in QEMU, on NODES nodes or as many as it needs, print TAP
	@tools/need run >&2
	$(SUB) all >&2
	@DEBUG=$(DEBUG) python3 tools/run.py $(SCN_NODES) $(SCN_MEM) scenario "$(SCN)"

scenario-host: ## play SCN=FILE on the host, under sanitizers, in milliseconds
	@tools/need build >&2
	$(SUB) build/host/scenario >&2
	@test -f "$(SCN)" || { echo 'allod: no file "$(SCN)"; say make scenario-host SCN=FILE' >&2; exit 1; }
	@build/host/scenario $(if $(filter command line environment,$(origin NODES)),--nodes $(NODES)) "$(SCN)"

hyperfuzz: ## hypercalls at random in QEMU, SEED=1 COUNT=20000 of them, with privilege and without; invariants checked
	@tools/need run
	$(SUB) all
	@DEBUG=$(DEBUG) $(RUN) hyperfuzz --seed='$(or $(SEED),1)' --count='$(or $(COUNT),20000)'

race: ## builders race on 4 CPUs in QEMU: CASE='name ...' (none: all), SEED=1, ROUNDS=0 (0: each case's own, 4 times without CASE), THREADS=multi or single
	@tools/need run
	$(SUB) all
	@DEBUG=$(DEBUG) $(RUN) race --case='$(CASE)' --seed='$(or $(SEED),1)' --rounds='$(or $(ROUNDS),0)' --threads='$(or $(THREADS),multi)'

STORM = $(foreach v,DOMAINS CLAIMS SEED EVACUATE BUILDERS STORMS,--$(shell echo $(v) | tr A-Z a-z)='$($(v))') \
	--nodes='$(NODES)' --cpus='$(CPUS)' $(SCN_MEM)
storm: ## DOMAINS=24 boot at once on NODES=4, CLAIMS=on|off|both; EVACUATE=1: others leave; table, JSON, picture
	@tools/need run
	$(SUB) all
	@DEBUG=$(DEBUG) python3 tools/storm.py $(STORM) storm

soak: ## STORMS=200 storms and evacuations in a row with random seeds from SEED on, invariants checked after each call
	@tools/need run
	$(SUB) all
	@DEBUG=$(DEBUG) python3 tools/storm.py $(STORM) soak

debug: ## QEMU waits, gdb starts with symbols and stops at the hypervisor's entry
	@tools/need debug
	$(SUB) all
	@DEBUG=$(DEBUG) $(RUN) --cpus='$(CPUS)' debug

VCPUS  ?= 2
VNODES ?= 2
run-linux: ## Debian's Linux in a domain of the builder's: VCPUS=2 VNODES=2 (with a claim on as many nodes) and, for the domain, MEM=512M
	@tools/need linux
	$(SUB) all
	@DEBUG=$(DEBUG) python3 tools/run_linux.py --vcpus='$(VCPUS)' --vnodes='$(VNODES)' $(if $(filter file,$(origin MEM)),,--mem='$(MEM)')

iso: ## bootable UEFI image build/allod.iso, for a CD or (written as it is) a stick
	@tools/need iso
	$(SUB) all
	@tools/make-iso $(B) build/allod.iso

doctor: ## what was found, what is needed
	@tools/need doctor

clean: ## remove build/
	rm -rf build

# A scenario's machine has the nodes and the memory that the scenario needs, unless NODES or MEM are given.
SCN_NODES := $(if $(filter file,$(origin NODES)),,--nodes='$(NODES)')
SCN_MEM   := $(if $(filter file,$(origin MEM)),,--mem='$(MEM)')
.PHONY: help run test check bench scenario scenario-host hyperfuzz race storm soak debug run-linux iso doctor clean

# ---- images ------------------------------------------------------------------------------------------------
all: $(B)/allod.efi $(GUESTS:%=build/guest/%.elf) $(GUESTS32:%=build/guest/%32.elf)
.PHONY: all
.DELETE_ON_ERROR:

build/abi/.made:
	@mkdir -p build/abi && ln -sfn /usr/include/xen build/abi/xen && ln -sfn ../../include/public build/abi/public
	@touch $@

# The lists of all calls and of 32-bit structures, for guests that try them all.
build/abi/allod/%.h: hypercall/%.h
	@mkdir -p $(@D) && ln -sfn ../../../$< $@

# ---- hypervisor ------------------------------------------------------------------------------------------
$(B)/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(HV_CFLAGS) $(DEPS) -c $< -o $@

$(B)/obj/%.asm.o: %.asm Makefile
	@mkdir -p $(@D)
	@echo "  NASM  $<"
	@$(NASM) -f elf64 -g -F dwarf -I$(<D)/ -Iinclude/ -MD $(@:.o=.d) $< -o $@

# The layouts that hypercall/compat_structs.h claims, as the compiler sees them in 32-bit code.
build/abi/compat32.o: test/abi/compat32.c build/abi/.made Makefile
	@$(CC) -m32 -std=gnu11 -ffreestanding -nostdinc -isystem $(GCC_INCLUDE) $(WARN) $(ABI) $(DEPS) -c $< -o $@

# --nmagic: in the file the parts follow each other without padding, the loader copies them to their pages.
$(B)/allod.elf: $(HV_O) linker.ld | build/abi/compat32.o
	@echo "  LD    $@"
	@$(LD) -nostdlib -static --nmagic -z noexecstack -T linker.ld -o $@ $(HV_O)

# The version is compiled anew when it changes, and only then.
VERSION := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
$(B)/obj/kernel/version.o: HV_CFLAGS += -DALLOD_VERSION='"$(VERSION) $(KIND)"'
$(B)/obj/kernel/version.o: $(B)/version.txt
$(B)/version.txt: force
	@mkdir -p $(@D) && echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@
.PHONY: force

# The names of functions stay for the backtrace; those of variables and line tables do not.
$(B)/allod.sym.elf: $(B)/allod.elf
	@$(NM) $< | awk '$$2 ~ /[tTwW]/ {print $$3}' > $(@:.elf=.functions)
	@$(OBJCOPY) --strip-all --keep-symbols=$(@:.elf=.functions) $< $@

# ---- loader ----------------------------------------------------------------------------------------------
EFI_CFLAGS = -std=gnu11 -ffreestanding -fno-stack-protector -fpic -fshort-wchar -mno-red-zone -maccumulate-outgoing-args \
	-fvisibility=hidden -Os -g -DEFI_FUNCTION_WRAPPER -DGNU_EFI_USE_MS_ABI \
	-isystem /usr/include/efi -isystem /usr/include/efi/x86_64 \
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Iinclude -Ilib/include -Ilib
# The loader's files in programs of the host.
EFI_HOST := -fshort-wchar -DEFI_FUNCTION_WRAPPER -DGNU_EFI_USE_MS_ABI -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
$(B)/efi/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  EFICC $<"
	@$(CC) $(EFI_CFLAGS) $(DEPS) -c $< -o $@

$(B)/efi/image.o: $(B)/allod.sym.elf
	@printf 'section .rodata align=16\nglobal allod_elf_start\nglobal allod_elf_end\nallod_elf_start:\nincbin "%s"\nallod_elf_end:\nsection .note.GNU-stack noalloc noexec\n' $< > $(@:.o=.asm)
	@$(NASM) -f elf64 $(@:.o=.asm) -o $@

$(B)/allod.efi: $(LOADER_C:%.c=$(B)/efi/%.o) $(B)/efi/image.o
	@echo "  EFI   $@"
	@$(LD) -nostdlib -znocombreloc -shared -Bsymbolic -z noexecstack -L /usr/lib -T /usr/lib/elf_x86_64_efi.lds \
		/usr/lib/crt0-efi-x86_64.o $^ -o $(@:.efi=.so) -lgnuefi
	@$(OBJCOPY) -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .dynsym -j .rel -j .rela -j .rel.* -j .rela.* -j .reloc \
		--target efi-app-x86_64 --subsystem=10 $(@:.efi=.so) $@

# ---- guests ----------------------------------------------------------------------------------------------
build/guest/obj/%.c.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  GUEST $<"
	@$(CC) $(GUEST_CFLAGS) $(DEPS) -c $< -o $@
build/guest/obj/%.asm.o: %.asm Makefile
	@mkdir -p $(@D)
	@$(NASM) -f elf64 -MD $(@:.o=.d) $< -o $@

$(patsubst %.c,build/guest/obj/%.c.o,$(wildcard guest/hyperfuzz/*.c guest/isolation/*.c)): \
	build/abi/allod/calls.h build/abi/allod/compat_structs.h

define guest_rule
build/guest/$(1).elf: $(patsubst %,build/guest/obj/%.o,$(wildcard guest/$(1)/*.c guest/$(1)/*.asm)) $$(GUEST_LIB_O) guest/lib/guest.ld
	@echo "  LD    $$@"
	@$$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --gc-sections -T guest/lib/guest.ld -o $$@ $$(filter %.o,$$^)
endef
$(foreach g,$(GUESTS),$(eval $(call guest_rule,$(g))))

# The folders of GUESTS32 become NAME32.elf as well: 32-bit code, with the small library in guest/lib32.
build/guest/obj32/%.c.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  GUEST $< (32 bit)"
	@$(CC) -m32 $(filter-out -mno-red-zone,$(GUEST_CFLAGS)) $(DEPS) -c $< -o $@
build/guest/obj32/%.asm.o: %.asm Makefile
	@mkdir -p $(@D)
	@$(NASM) -f elf32 -MD $(@:.o=.d) $< -o $@

define guest32_rule
build/guest/$(1)32.elf: $(patsubst %,build/guest/obj32/%.o,$(wildcard guest/$(1)/*.c)) $$(GUEST_LIB32_O) guest/lib/guest.ld
	@echo "  LD    $$@"
	@$$(LD) -m elf_i386 --oformat elf32-i386 -nostdlib -static -z max-page-size=4096 -z noexecstack --gc-sections \
		-T guest/lib/guest.ld -o $$@ $$(filter %.o,$$^)
endef
$(foreach g,$(GUESTS32),$(eval $(call guest32_rule,$(g))))

# ---- host: unit tests and scenarios under sanitizers -------------------------------------------------------
HOST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
	-DCONFIG_DEBUG=1 -D_GNU_SOURCE $(WARN) $(ABI) $(INC) -Itest/host -Iguest/lib/include -Iarch/x86_64/acpi -Iguest/builder
HOST_KERNEL := $(filter-out kernel/lock.c kernel/boot%.c kernel/console.c kernel/panic.c,$(wildcard kernel/*.c))
HOST_C := $(wildcard mm/*.c hypercall/*.c arch/x86_64/acpi/*.c) $(addprefix arch/x86_64/hvm/,p2m_flush.c asid.c) $(HOST_KERNEL) $(wildcard lib/elf*.c lib/pvh*.c) \
	$(filter-out test/host/scenario_main.c test/host/xen_call.c,$(wildcard test/host/*.c))
HOST_O := $(HOST_C:%.c=build/host/obj/%.o)
UNIT   := $(patsubst test/unit/%.c,build/host/unit/%,$(wildcard test/unit/test_*.c))
SCENARIO_C := $(wildcard guest/builder/*.c test/host/scenario_main.c test/host/xen_call.c guest/lib/xc_*.c guest/lib/claim_shortage.c)
SCENARIO_C := $(filter-out guest/builder/main.c,$(SCENARIO_C))

build/host/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@$(CC) $(HOST_CFLAGS) $(DEPS) -c $< -o $@
build/host/liballod.a: $(HOST_O)
	@rm -f $@ && ar rcs $@ $^
build/host/unit/%: build/host/obj/test/unit/%.o build/host/liballod.a
	@mkdir -p $(@D)
	@$(CC) $(HOST_CFLAGS) $< build/host/liballod.a -o $@ -lcmocka -lpthread
# As the release is compiled, without sanitizers: callgrind counts its instructions.
BENCH_C := $(wildcard mm/*.c test/bench/*.c) kernel/lock.c kernel/observe.c test/host/machine.c test/host/log.c
build/host/bench_heap: $(BENCH_C) $(wildcard mm/*.h include/*.h) build/abi/.made
	@mkdir -p $(@D)
	@echo "  HOST  $@"
	@$(CC) -std=gnu11 -O2 -g -fno-omit-frame-pointer -mgeneral-regs-only -DCONFIG_DEBUG=0 -D_GNU_SOURCE $(WARN) $(ABI) $(INC) -Itest/host $(BENCH_C) -o $@
# The loader's parts that work without firmware; the test is the firmware.
LOADER_TESTED := $(addprefix arch/x86_64/boot/,memory_map.c modules.c scan.c status.c)
LOADER_TESTS := $(filter build/host/unit/test_loader_%,$(UNIT))
$(LOADER_TESTS): build/host/unit/%: test/unit/%.c test/unit/loader_test.h $(LOADER_TESTED) $(wildcard arch/x86_64/boot/*.h) include/boot_info.h
	@mkdir -p $(@D)
	@echo "  UNIT  $<"
	@$(CC) $(filter-out -Wcast-qual,$(HOST_CFLAGS)) $(EFI_HOST) $(filter %.c,$^) -o $@ -lcmocka
build/host/scenario: $(SCENARIO_C:%.c=build/host/obj/%.o) build/host/liballod.a
	@$(CC) $(HOST_CFLAGS) $^ -o $@ -lpthread

# ---- the reference model beside the hypervisor's code ---------------------------------------------------------
MODEL_C := $(wildcard test/model/*.c) $(filter-out test/host/scenario_main.c,$(SCENARIO_C))
MODEL_O := $(MODEL_C:%.c=build/host/obj/%.o)
MODEL_OPTIONS = $(foreach o,SEED RUNS STEPS,$(if $(filter command line environment,$(origin $(o))),--$(shell echo $(o) | tr A-Z a-z) '$($(o))'))

build/host/model: $(MODEL_O) build/host/liballod.a
	@$(CC) $(HOST_CFLAGS) $^ -o $@ -lpthread
# A copy of one file with a bug in it takes that file's place.
MODEL_BUGS := $(patsubst test/model/bugs/%.patch,build/model/%,$(wildcard test/model/bugs/*.patch))
build/model/%/bug.o: test/model/bugs/%.patch $(wildcard mm/*.[ch]) build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  BUG   $*"
	@patch -s -o $(@:.o=.c) $$(sed -n 's|^--- a/||p' $<) $<
	@$(CC) $(HOST_CFLAGS) $(DEPS) -c $(@:.o=.c) -o $@
.PRECIOUS: build/model/%/bug.o
build/model/%/model: build/model/%/bug.o $(MODEL_O) build/host/liballod.a
	@$(CC) $(HOST_CFLAGS) $^ -o $@ -lpthread
build/model/%/scenario: build/model/%/bug.o $(SCENARIO_C:%.c=build/host/obj/%.o) build/host/liballod.a
	@$(CC) $(HOST_CFLAGS) $^ -o $@ -lpthread

NUMBER_model = $(foreach o,SEED RUNS STEPS,$(o) '$(or $($(o)),1)' 0 4294967295)
model: ## random operations in model and hypervisor, SEED=1 RUNS=100 STEPS=100; shrinks what differs to a scenario
	@tools/need build
	$(NUMBERS) $(NUMBER_model)
	$(SUB) build/host/model
	@mkdir -p build/model && build/host/model $(MODEL_OPTIONS)

# For `make test`: the scenarios' results by the model, random operations, bugs on purpose.
MODEL_SCN := $(addprefix test/scenarios/,1node.scn 2node.scn 4node.scn hole.scn)
model-test: build/host/model build/host/scenario $(MODEL_BUGS:%=%/model) $(MODEL_BUGS:%=%/scenario)
	@build/host/model $(MODEL_SCN)
	@build/host/model --seed 1 --runs 250 && build/host/model --seed $$(date +%s) --runs 100
	@python3 test/model/bugs.py $(MODEL_BUGS)
.PHONY: model model-test

# ---- threads: the same code on many CPUs at once, under ThreadSanitizer -------------------------------------------
# With the hypervisor's own locks; errors alone are printed; nothing that needs guest/builder.
THREADS_C := $(filter-out test/host/lock.c test/host/log.c test/host/platform.c test/host/scenario_%.c,$(HOST_C)) kernel/lock.c \
	test/host/xen_call.c $(wildcard guest/lib/xc_*.c test/threads/*.c)
, := ,
THREADS_O := $(THREADS_C:%.c=build/threads/obj/%.o)
# -Wno-tsan: fences, which the sanitizer does not understand, order what guests read (kernel/guest_time.c).
THREADS_CFLAGS := $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(HOST_CFLAGS)) -fsanitize=thread -Wno-tsan
# Between every caller and the locks: test/threads/perturb.c.
THREADS_LDFLAGS := $(patsubst %,-Wl$(,)--wrap=%,spin_lock spin_unlock rspin_lock rspin_unlock arch_cpu_relax) -lpthread
THREADS_SECONDS = $(if $(filter command line,$(origin SECONDS)),$(SECONDS),10)
THREADS_SEED = $(if $(filter command line,$(origin SEED)),$(SEED),1)

build/threads/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  TSAN  $<"
	@$(CC) $(THREADS_CFLAGS) $(DEPS) -c $< -o $@
build/threads/threads: $(THREADS_O)
	@echo '$^' >$@.objects
	@$(CC) $(THREADS_CFLAGS) $^ $(THREADS_LDFLAGS) -o $@

THREADS_SCHED_O := $(filter-out build/threads/obj/test/threads/% build/threads/obj/guest/% %/xen_call.o,$(THREADS_O)) \
	build/threads/obj/test/host/log.o
build/threads/test_sched: test/unit/test_sched.c $(THREADS_SCHED_O)
	@echo "  TSAN  $<"
	@$(CC) $(THREADS_CFLAGS) $(DEPS) $< $(THREADS_SCHED_O) -o $@ -lcmocka -lpthread

threads: ## claims and the heap on many CPUs at once under ThreadSanitizer, SECONDS=10 SEED=1; seeded mistakes
	@tools/need test
	$(NUMBERS) SECONDS '$(THREADS_SECONDS)' 1 86400 SEED '$(THREADS_SEED)' 0 18446744073709551615
	$(SUB) build/threads/threads build/threads/test_sched
	@CC='$(CC)' THREADS_CFLAGS='$(THREADS_CFLAGS)' THREADS_LDFLAGS='$(THREADS_LDFLAGS)' \
		test/threads/run.py '$(THREADS_SECONDS)' '$(THREADS_SEED)'
.PHONY: threads

# ---- exhaustive search: all small states, all races, and mistakes on purpose -------------------------------------
# The search looks over the shoulder of mm/: what is compiled for the thread sanitizer reports each access to it.
EXHAUSTIVE_SPLIT := calls guest_memory library
SEARCH_C := $(filter-out $(EXHAUSTIVE_SPLIT:%=test/exhaustive/%.c),$(wildcard test/exhaustive/*.c)) \
	$(filter-out mm/bootmem.c,$(wildcard mm/*.c)) kernel/observe.c test/host/machine.c
SEARCH_CFLAGS := -std=gnu11 -O2 -g -DCONFIG_DEBUG=1 -D_GNU_SOURCE $(WARN) $(ABI) $(INC) -Itest/host
SEARCH_MM_CFLAGS := $(SEARCH_CFLAGS) -fsanitize=thread
EXHAUSTIVE_LINKS := search search-asan calls library
LINK_search      := $(SEARCH_C:%.c=build/exhaustive/obj/%.o)
LINK_search-asan := $(SEARCH_C:%.c=build/host/obj/%.o)
LINK_calls       := $(patsubst %,build/host/obj/test/exhaustive/%.o,calls guest_memory) build/host/liballod.a
LINK_library     := $(patsubst %.c,build/host/obj/%.o,test/exhaustive/library.c $(wildcard guest/lib/xc_*.c))

build/exhaustive/obj/mm/%.o: SEARCH_CFLAGS := $(SEARCH_MM_CFLAGS)
build/exhaustive/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  SEARCH $<"
	@$(CC) $(SEARCH_CFLAGS) $(DEPS) -c $< -o $@
define exhaustive_rule
build/exhaustive/$(1): $(LINK_$(1))
	@mkdir -p $$(@D) && echo '$$^' > $$@.link
	@$(CC) $(if $(filter search,$(1)),,-fsanitize=address$(comma)undefined) $$^ -o $$@ -lpthread
endef
comma := ,
$(foreach p,$(EXHAUSTIVE_LINKS),$(eval $(call exhaustive_rule,$(p))))

DEPTH ?= 4
RACES ?= 1
exhaustive: ## all sequences of DEPTH=4 operations on a small machine, all races from RACES=1, and seeded mistakes
	@tools/need test
	$(NUMBERS) DEPTH '$(DEPTH)' 1 20 RACES '$(RACES)' 0 20
	$(SUB) $(EXHAUSTIVE_LINKS:%=build/exhaustive/%)
	@CC='$(CC)' HOST_CFLAGS='$(HOST_CFLAGS)' SEARCH_MM_CFLAGS='$(SEARCH_MM_CFLAGS)' python3 test/exhaustive/run.py '$(DEPTH)' '$(RACES)'
.PHONY: exhaustive

# ---- coverage: which lines of mm/ and hypercall/ the programs on the host go through ------------------------------
# Only what is measured is compiled anew; the rest of each program is the sanitizers' build/host.
COVERED_C := $(wildcard mm/*.c hypercall/*.c)
COVERAGE_CFLAGS := $(filter-out -O1 -fsanitize=% -fno-sanitize-recover=%,$(HOST_CFLAGS)) -O0 --coverage
COVERAGE_UNIT := $(patsubst build/host/%,build/coverage/%,$(filter-out $(LOADER_TESTS),$(UNIT)))
COVERAGE_OTHER := $(addprefix build/coverage/,scenario model calls)
COVERAGE_LINK = $(CC) $(HOST_CFLAGS) --coverage $(filter %.o,$^) $(filter %.a,$^) -o $@

build/coverage/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  GCOV  $<"
	@$(CC) $(COVERAGE_CFLAGS) $(DEPS) -c $< -o $@
build/coverage/liballod.a: $(COVERED_C:%.c=build/coverage/obj/%.o) $(filter-out $(COVERED_C:%.c=build/host/obj/%.o),$(HOST_O))
	@rm -f $@ && ar rcs $@ $^
$(COVERAGE_UNIT): build/coverage/unit/%: build/host/obj/test/unit/%.o build/coverage/liballod.a
	@mkdir -p $(@D)
	@$(COVERAGE_LINK) -lcmocka -lpthread
build/coverage/scenario: $(SCENARIO_C:%.c=build/host/obj/%.o) build/coverage/liballod.a
	@$(COVERAGE_LINK) -lpthread
build/coverage/model: $(MODEL_O) build/coverage/liballod.a
	@$(COVERAGE_LINK) -lpthread
build/coverage/calls: $(filter-out %.a,$(LINK_calls)) build/coverage/liballod.a
	@$(COVERAGE_LINK) -lpthread

coverage: ## lines and branches of mm/ and hypercall/ that tests on the host go through; what they do not must be listed; make test does it, too
	@tools/need coverage
	$(SUB) $(COVERAGE_UNIT) $(COVERAGE_OTHER)
	@test/coverage/run $(COVERAGE_UNIT)
	@python3 test/coverage/check.py
.PHONY: coverage

# ---- fuzzing: clang's libFuzzer under sanitizers, for whatever comes from outside -----------------------------
FUZZERS := acpi config elf hypercall walk scenario
FUZZ_CFLAGS := $(filter-out -g -fsanitize=%,$(HOST_CFLAGS)) -gline-tables-only -Itest/fuzz -fno-sanitize-recover=all \
	-Wno-gnu-variable-sized-type-not-at-end -fsanitize=fuzzer-no-link,address,undefined
# One set of objects for all; what a fuzzer has of its own takes the place of a file with the same functions.
FUZZ_C := $(HOST_C) $(SCENARIO_C) arch/x86_64/guest/walk.c arch/x86_64/boot/scan.c
FUZZ_O := $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out test/host/scenario_main.c,$(FUZZ_C)))
FUZZ_SECONDS = $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60)

build/fuzz/obj/arch/x86_64/boot/%.o: FUZZ_CFLAGS += $(EFI_HOST)
# Long loops whose comparisons say nothing about the input: watching them would take most of the time.
UNWATCHED := mm/scrub.c mm/invariants.c test/host/p2m.c test/fuzz/guests.c test/fuzz/call_input.c
$(UNWATCHED:%.c=build/fuzz/obj/%.o): FUZZ_CFLAGS += -O2 -fno-sanitize-coverage=trace-cmp
build/fuzz/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@clang $(FUZZ_CFLAGS) $(DEPS) -c $< -o $@
build/fuzz/liballod.a: $(FUZZ_O)
	@rm -f $@ && ar rcs $@ $^
$(FUZZERS:%=build/fuzz/fuzz_%): build/fuzz/fuzz_%: build/fuzz/obj/test/fuzz/fuzz_%.o build/fuzz/liballod.a
	@clang -fsanitize=fuzzer,address,undefined $(filter %.o,$^) $(filter %.a,$^) -o $@
build/fuzz/fuzz_hypercall: $(addprefix build/fuzz/obj/test/fuzz/,guests.o call_input.o call_fields.o)
build/fuzz/fuzz_walk: build/fuzz/obj/test/fuzz/reference_walk.o

fuzz: ## any hypercalls, guest page tables, scenarios, ACPI tables, configurations, images: SECONDS=60 each
	@tools/need test
	$(NUMBERS) SECONDS '$(FUZZ_SECONDS)' 1 86400
	$(SUB) $(FUZZERS:%=build/fuzz/fuzz_%)
	@test/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)
.PHONY: fuzz

unit: $(UNIT)
	@set -e; for t in $(UNIT); do echo "== $$t"; $$t; done

scenarios-host: build/host/scenario
	@set -e; for s in test/scenarios/*.scn; do echo "== $$s"; build/host/scenario $$s; done
.PHONY: unit scenarios-host

# ---- checks ------------------------------------------------------------------------------------------------
CHECK_C := $(HV_C)
clang: build/abi/.made
	@echo "  CLANG $(words $(CHECK_C)) files, -Wthread-safety"
	@for f in $(CHECK_C); do clang --target=x86_64-elf -std=gnu11 -ffreestanding -nostdinc -isystem $$(clang -print-file-name=include) \
		-fsyntax-only -Wthread-safety -Wno-gnu-variable-sized-type-not-at-end -DCONFIG_DEBUG=1 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
		$(WARN) $(ABI) -Ilib/include $(INC) $$f || exit 1; done
cppcheck: build/abi/.made
	@echo "  CPPCHECK"
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--suppressions-list=tools/cppcheck.txt -D__XEN_TOOLS__ -DCONFIG_DEBUG=1 -D__x86_64__ -j2 \
		-Ilib/include $(INC) -Iguest/lib/include $(HV_C) $(wildcard guest/*/*.c)
layers: build/abi/.made
	@python3 tools/check-layers.py
	@python3 tools/check-headers.py
	@python3 tools/check-abi-doc.py
	@python3 tools/check-claims-doc.py
FORMATTED = $(wildcard $(shell git ls-files -co --exclude-standard '*.c' '*.h'))
format:
	@echo "  FORMAT"
	@clang-format --dry-run -Werror $(FORMATTED)
.PHONY: clang cppcheck layers format

-include $(shell find build -name '*.d' 2>/dev/null)
