# Allod: build, run, test. `make help` lists the targets.
-include config.mk

DEBUG ?= 1
NODES ?= 4
CPUS  ?= 4
MEM   ?= 4G

CC      = gcc
LD      = ld
OBJCOPY = objcopy
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
HV_CFLAGS = $(FREE) $(FREE_$(KIND)) -mcmodel=kernel -mgeneral-regs-only -Wframe-larger-than=2048 $(WARN) $(ABI) \
	-Ilib/include $(INC)
GUEST_CFLAGS = $(filter-out -DCONFIG_DEBUG=%,$(FREE)) -fno-stack-protector -mno-sse -mgeneral-regs-only $(WARN) $(ABI) \
	-Ilib/include -Ilib -Iguest/lib/include

# ---- sources ---------------------------------------------------------------------------------------------
HV_C   := $(wildcard mm/*.c kernel/*.c hypercall/*.c lib/*.c $(addprefix arch/x86_64/,acpi/*.c cpu/*.c hvm/*.c guest/*.c))
HV_ASM := $(wildcard arch/x86_64/*/*.asm)
HV_O   := $(HV_C:%.c=$(B)/obj/%.o) $(HV_ASM:%.asm=$(B)/obj/%.asm.o)
LOADER_C := $(wildcard arch/x86_64/boot/*.c) lib/elf.c
GUESTS := $(patsubst guest/%/,%,$(filter-out guest/lib/ guest/lib32/,$(wildcard guest/*/)))
GUESTS32 := modes
GUEST_LIB_O := $(patsubst %,build/guest/obj/%.o,$(wildcard lib/*.c guest/lib/*.c guest/lib/*.asm))
GUEST_LIB32_O := $(patsubst %,build/guest/obj32/%.o,lib/string.c lib/printf.c $(wildcard guest/lib32/*.c guest/lib32/*.asm))

# ---- targets for people -----------------------------------------------------------------------------------
.DEFAULT_GOAL := help
RUN = python3 tools/run.py --nodes='$(NODES)' --mem='$(MEM)'
SUB = +@$(MAKE) -s -j$(shell nproc) --no-print-directory

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16
	@echo 'Variables: NODES=4 CPUS=4 MEM=4G DEBUG=1 (0: release build) SCN=FILE ALLOD_TIME_SCALE=1 (time limits)'

run: ## build, boot QEMU with NODES nodes, show the demonstration; on a terminal stay at the prompt
	@tools/need run
	$(SUB) all
	@DEBUG=$(DEBUG) $(RUN) --cpus='$(CPUS)' run

test: ## unit tests, scenarios on the host and in QEMU, system tests; debug and release
	@tools/need test
	@echo '== unit tests, on the host under sanitizers'
	$(SUB) -Otarget unit
	@echo '== scenarios, on the host under sanitizers'
	$(SUB) scenarios-host
	@echo '== fuzzers, a few seconds each'
	$(SUB) fuzz SECONDS=3
	@echo '== system tests, in QEMU'
	$(SUB) all DEBUG=1
	$(SUB) all DEBUG=0
	@$$(command -v pytest-3 || command -v pytest) -q -p no:cacheprovider test/system
	@echo 'allod: all tests passed'

check: ## clang with -Wthread-safety, cppcheck, layers, headers, format
	@tools/need check
	$(SUB) clang cppcheck layers format

bench: ## count the instructions of hypercalls, twice, beside real Xen's; also in build/bench.json
	@tools/need bench
	$(SUB) all DEBUG=0
	$(SUB) build/host/bench_heap
	@python3 tools/bench.py

scenario: ## play SCN=FILE in QEMU, on NODES nodes or as many as it needs, print TAP
	@tools/need run >&2
	+@$(MAKE) -s -j$(shell nproc) --no-print-directory all >&2
	@DEBUG=$(DEBUG) python3 tools/run.py $(SCN_NODES) $(SCN_MEM) scenario "$(SCN)"

scenario-host: ## play SCN=FILE on the host, under sanitizers, in milliseconds
	@tools/need build >&2
	+@$(MAKE) -s -j$(shell nproc) --no-print-directory build/host/scenario >&2
	@test -f "$(SCN)" || { echo 'allod: no file "$(SCN)"; say make scenario-host SCN=FILE' >&2; exit 1; }
	@build/host/scenario $(if $(filter command line environment,$(origin NODES)),--nodes $(NODES)) "$(SCN)"

debug: ## QEMU waits, gdb starts with symbols and stops at the hypervisor's entry
	@tools/need debug
	$(SUB) all
	@DEBUG=$(DEBUG) $(RUN) --cpus='$(CPUS)' debug

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
.PHONY: help run test check bench scenario scenario-host debug iso doctor clean

# ---- images ------------------------------------------------------------------------------------------------
all: $(B)/allod.efi $(GUESTS:%=build/guest/%.elf) $(GUESTS32:%=build/guest/%32.elf)
.PHONY: all
.DELETE_ON_ERROR:

build/abi/.made:
	@mkdir -p build/abi && ln -sfn /usr/include/xen build/abi/xen && ln -sfn ../../include/public build/abi/public
	@touch $@

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

$(B)/allod.elf: $(HV_O) linker.ld | build/abi/compat32.o
	@echo "  LD    $@"
	@$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack -T linker.ld -o $@ $(HV_O)

# The version is compiled anew when it changes, and only then.
VERSION := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
$(B)/obj/kernel/version.o: HV_CFLAGS += -DALLOD_VERSION='"$(VERSION) $(KIND)"'
$(B)/obj/kernel/version.o: $(B)/version.txt
$(B)/version.txt: force
	@mkdir -p $(@D) && echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@
.PHONY: force

# Symbols stay for the backtrace, line tables do not.
$(B)/allod.sym.elf: $(B)/allod.elf
	@$(OBJCOPY) --strip-debug $< $@

# ---- loader ----------------------------------------------------------------------------------------------
EFI_CFLAGS = -std=gnu11 -ffreestanding -fno-stack-protector -fpic -fshort-wchar -mno-red-zone -maccumulate-outgoing-args \
	-O2 -g -DEFI_FUNCTION_WRAPPER -DGNU_EFI_USE_MS_ABI -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 \
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Iinclude -Ilib
# The loader's files in programs of the host.
EFI_HOST := -fshort-wchar -DEFI_FUNCTION_WRAPPER -DGNU_EFI_USE_MS_ABI -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
$(B)/efi/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  EFICC $<"
	@$(CC) $(EFI_CFLAGS) $(DEPS) -c $< -o $@

$(B)/efi/image.o: $(B)/allod.sym.elf
	@printf 'section .rodata align=4096\nglobal allod_elf_start\nglobal allod_elf_end\nallod_elf_start:\nincbin "%s"\nallod_elf_end:\nsection .note.GNU-stack noalloc noexec\n' $< > $(@:.o=.asm)
	@$(NASM) -f elf64 $(@:.o=.asm) -o $@

$(B)/allod.efi: $(LOADER_C:%.c=$(B)/efi/%.o) $(B)/efi/image.o
	@echo "  EFI   $@"
	@$(LD) -nostdlib -znocombreloc -shared -Bsymbolic -z noexecstack -L /usr/lib -T /usr/lib/elf_x86_64_efi.lds \
		/usr/lib/crt0-efi-x86_64.o $^ -o $(@:.efi=.so) -lefi -lgnuefi
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
HOST_KERNEL := $(filter-out kernel/lock.c kernel/boot%.c kernel/console%.c kernel/panic.c,$(wildcard kernel/*.c))
HOST_C := $(wildcard mm/*.c hypercall/*.c arch/x86_64/acpi/*.c) $(HOST_KERNEL) $(wildcard lib/elf*.c lib/pvh*.c) \
	$(filter-out test/host/scenario_main.c test/host/xen_call.c,$(wildcard test/host/*.c))
HOST_O := $(HOST_C:%.c=build/host/obj/%.o)
UNIT   := $(patsubst test/unit/%.c,build/host/unit/%,$(wildcard test/unit/test_*.c))
SCENARIO_C := $(wildcard guest/builder/*.c test/host/scenario_main.c test/host/xen_call.c guest/lib/xc_*.c)
SCENARIO_C := $(filter-out guest/builder/main.c,$(SCENARIO_C))

build/host/obj/%.o: %.c build/abi/.made Makefile
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	@$(CC) $(HOST_CFLAGS) $(DEPS) -c $< -o $@
build/host/liballod.a: $(HOST_O)
	@rm -f $@ && ar rcs $@ $^
build/host/unit/%: test/unit/%.c build/host/liballod.a
	@mkdir -p $(@D)
	@echo "  UNIT  $<"
	@$(CC) $(HOST_CFLAGS) $(DEPS) $< build/host/liballod.a -o $@ -lcmocka -lpthread
# As the release is compiled, without sanitizers: callgrind counts its instructions.
BENCH_C := $(wildcard mm/*.c test/bench/*.c) kernel/lock.c kernel/observe.c test/host/machine.c test/host/log.c
build/host/bench_heap: $(BENCH_C) $(wildcard mm/*.h include/*.h) build/abi/.made
	@mkdir -p $(@D)
	@echo "  HOST  $@"
	@$(CC) -std=gnu11 -O2 -g -fno-omit-frame-pointer -DCONFIG_DEBUG=0 -D_GNU_SOURCE $(WARN) $(ABI) $(INC) -Itest/host $(BENCH_C) -o $@
# The loader's parts that work without firmware; the test is the firmware.
LOADER_TESTED := $(addprefix arch/x86_64/boot/,memory_map.c modules.c scan.c)
build/host/unit/test_loader: test/unit/test_loader.c $(LOADER_TESTED) $(wildcard arch/x86_64/boot/*.h) include/boot_info.h
	@mkdir -p $(@D)
	@echo "  UNIT  $<"
	@$(CC) $(filter-out -Wcast-qual,$(HOST_CFLAGS)) $(EFI_HOST) $(filter %.c,$^) -o $@ -lcmocka
build/host/scenario: $(SCENARIO_C:%.c=build/host/obj/%.o) build/host/liballod.a
	@$(CC) $(HOST_CFLAGS) $^ -o $@ -lpthread

# ---- fuzzing: clang's libFuzzer under sanitizers, for whatever comes from outside -----------------------------
FUZZERS := acpi config elf
FUZZ_acpi   := $(wildcard arch/x86_64/acpi/*.c kernel/topology*.c)
FUZZ_config := $(wildcard kernel/config*.c) build/fuzz/scan.o
FUZZ_elf    := $(wildcard lib/elf*.c lib/pvh.c)
FUZZ_CFLAGS := $(filter-out -fsanitize=%,$(HOST_CFLAGS)) -Wno-gnu-variable-sized-type-not-at-end \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS = $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60)

build/fuzz/scan.o: arch/x86_64/boot/scan.c $(wildcard arch/x86_64/boot/*.h include/*.h)
	@mkdir -p $(@D)
	@clang $(FUZZ_CFLAGS) $(EFI_HOST) -c $< -o $@
define fuzz_rule
build/fuzz/fuzz_$(1): test/fuzz/fuzz_$(1).c $$(FUZZ_$(1)) $$(wildcard include/*.h kernel/*.h lib/*.h arch/x86_64/*/*.h) build/abi/.made
	@mkdir -p $$(@D)
	@echo "  FUZZ  $$<"
	@clang $$(FUZZ_CFLAGS) $$(filter %.c %.o,$$^) -o $$@
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))

fuzz: $(FUZZERS:%=build/fuzz/fuzz_%) ## feed broken tables, configurations and images to the parsers, SECONDS=60 each
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
layers:
	@python3 tools/check-layers.py
	@python3 tools/check-headers.py
	@python3 tools/check-abi-doc.py
FORMATTED = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
format:
	@echo "  FORMAT"
	@clang-format --dry-run -Werror $(FORMATTED)
.PHONY: clang cppcheck layers format

-include $(shell find build -name '*.d' 2>/dev/null)
