# SPDX-License-Identifier: MIT
"""One QEMU machine that boots Allod through OVMF: its command line, its boot volume, its consoles, its end."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
OVMF = ["/usr/share/ovmf/OVMF.fd", "/usr/share/edk2/ovmf/OVMF.fd", "/usr/share/edk2/x64/OVMF.fd"]

# QEMU's status through isa-debug-exit is 2 * code + 1 (arch.h). Its own 0 and 1 are never a success: a triple
# fault of the host with -no-reboot ends with 0.
STATUS = {
    33: "ok",
    35: "a boot domain crashed or reported failure",
    37: "the configuration or the machine does not allow to start",
    39: "the hypervisor panicked",
}
OK, FAIL, BOOT, PANIC = 33, 35, 37, 39
TIMEOUT = "time limit"
MORE_TIME = "ALLOD_TIME_SCALE=3 allows three times as much."


def time_scale():
    """ALLOD_TIME_SCALE stretches every time limit, for slow machines."""
    return float(os.environ.get("ALLOD_TIME_SCALE", "1"))


def size_bytes(text):
    """'4G' -> bytes."""
    m = re.fullmatch(r"(\d+)([KMGT]?)", str(text).upper())
    if not m:
        sys.exit(f'allod: MEM={text}: expected a number with K, M, G or T, for example 4G')
    return int(m[1]) << {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}[m[2]]


def kind(debug=None):
    if debug is None:
        debug = os.environ.get("DEBUG", "1") != "0"
    return "debug" if debug else "release"


def plain(text):
    """Without the terminal's control sequences and carriage returns that firmware and guests send."""
    return re.sub(r"\x1b(\[[0-9;=?]*[A-Za-z]|c)", "", text).replace("\r", "")


def print_no_more():
    """Nobody reads what this program prints; what is left in the buffer goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_main(main):
    """A program's end: what MAIN returns. Quietly when the user interrupts it, or nobody reads on what it prints."""
    try:
        status = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        print_no_more()
        status = 128 + signal.SIGPIPE
    sys.exit(status)


class Machine:
    """Describe it with the constructor, start() it, read .console and .log, wait() for the status."""

    def __init__(self, name, nodes=2, mem="2G", cpus=None, debug=None, cfg=None, files=(), boot="disk", append=None,
                 node_sizes=None, extra=(), cpu="max", icount=None, threads="multi", numa_cpus=None):
        self.name, self.nodes, self.mem = name, int(nodes), size_bytes(mem)
        self.smp = str(cpus or min(self.nodes, 4))  # QEMU's -smp: a number, or one with ",sockets=2,cores=3" behind it
        self.cpus = int(self.smp.split(",")[0])
        self.numa_cpus, self.threads = numa_cpus, threads
        self.kind, self.boot, self.append, self.cpu = kind(debug), boot, append, cpu
        self.cfg, self.files, self.extra = cfg, list(files), list(extra)
        self.node_sizes = node_sizes or self.even_sizes()
        self.icount = icount  # shift: the clock advances 2^shift ns with each instruction, and stands still otherwise
        self.dir = BUILD / "run" / f"{name}-{self.kind}"
        self.log_path = self.dir / "com2.log"
        self.console, self.process, self.monitor_greeted, self.unread = "", None, False, None

    def even_sizes(self):
        each = self.mem // self.nodes // (2 << 20) * (2 << 20)
        if each == 0:
            sys.exit(f"allod: {self.mem >> 20} MiB are too little for {self.nodes} nodes")
        return [each] * self.nodes

    def volume(self):
        """The boot volume: \\EFI\\BOOT\\BOOTX64.EFI, allod.cfg and what it names."""
        esp = self.dir / "esp"
        shutil.rmtree(self.dir, ignore_errors=True)
        (esp / "EFI/BOOT").mkdir(parents=True)
        if self.boot != "kernel":
            shutil.copy(BUILD / self.kind / "allod.efi", esp / "EFI/BOOT/BOOTX64.EFI")
        if self.cfg is not None:
            (esp / "allod.cfg").write_text(self.cfg)
        for f in self.files:
            src, name = f if isinstance(f, tuple) else (f, Path(f).name)
            shutil.copy(src, esp / name)
        return esp

    def one_node(self):
        """No NUMA at all: tables with nodes may come by `extra`. Memory may be larger than the host's, as below."""
        return ["-object", f"memory-backend-ram,id=ram,size={self.node_sizes[0]},reserve=off",
                "-machine", "memory-backend=ram"]

    def numa(self):
        """Nodes with memory and CPUs in even shares (or as numa_cpus says); pairs of nodes are near, others far."""
        args, first = [], 0
        for n, size in enumerate(self.node_sizes):
            last = (n + 1) * self.cpus // self.nodes - 1
            args += ["-object", f"memory-backend-ram,id=m{n},size={size},reserve=off"] if size else []
            cpus = f",cpus={first}-{last}" if last >= first and self.numa_cpus is None else ""
            args += ["-numa", f"node,nodeid={n}" + (f",memdev=m{n}" if size else "") + cpus]
            first = max(first, last + 1)
        args += self.numa_cpus or []
        for a in range(self.nodes):
            for b in range(self.nodes):
                if a != b:
                    args += ["-numa", f"dist,src={a},dst={b},val={16 if a // 2 == b // 2 else 28}"]
        return args

    def accel(self):
        return f"tcg,thread={self.threads if self.icount is None else 'single'}"

    def command(self, serial, gdb=False):
        ovmf = next((f for f in OVMF if os.path.exists(f)), None)
        if ovmf is None:
            sys.exit("allod: no OVMF.fd found; make doctor says which package has it")
        cmd = ["qemu-system-x86_64", "-machine", "q35", "-accel", self.accel(), "-cpu", self.cpu,
               "-smp", self.smp, "-m", f"{sum(self.node_sizes) >> 20}M", "-nodefaults", "-display", "none",
               "-no-reboot", "-net", "none", "-bios", ovmf, "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-name", f"allod-{self.name}"]
        cmd += ["-icount", f"shift={self.icount},sleep=off"] if self.icount is not None else []
        cmd += self.numa() if self.nodes > 1 else self.one_node()
        cmd += serial + ["-serial", f"file:{self.log_path}"]
        if self.boot in ("disk", "kernel"):
            cmd += ["-drive", f"file=fat:{self.volume()},format=raw,if=none,id=esp,readonly=on",
                    "-device", "virtio-blk-pci,drive=esp"]
        else:
            self.dir.mkdir(parents=True, exist_ok=True)
            cmd += self.boot_image()
        if self.boot == "kernel":
            cmd += ["-kernel", str(BUILD / self.kind / "allod.efi")]
            cmd += ["-append", self.append] if self.append else []
        cmd += ["-S", "-gdb", "tcp:127.0.0.1:1234"] if gdb else []
        return cmd + self.extra

    def boot_image(self):
        """boot = cdrom:FILE or stick:FILE."""
        how, image = self.boot.split(":", 1)
        if how == "cdrom":
            return ["-drive", f"file={image},if=none,id=cd,media=cdrom,readonly=on",
                    "-device", "virtio-scsi-pci", "-device", "scsi-cd,drive=cd"]
        return ["-drive", f"file={image},format=raw,if=none,id=stick,snapshot=on",
                "-device", "virtio-blk-pci,drive=stick"]

    def start(self, on_text=None):
        """Run without a terminal: what COM1 prints is collected in .console and given to on_text as it comes."""
        self.monitor_socket, theirs = socket.socketpair()
        cmd = self.command(["-serial", "stdio", "-chardev", f"socket,id=monitor,fd={theirs.fileno()}",
                            "-mon", "chardev=monitor,mode=readline"])
        self.process = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        pass_fds=[theirs.fileno()])
        theirs.close()
        self.reader = threading.Thread(target=self.read, args=(on_text,), daemon=True)
        self.reader.start()
        return self

    def read(self, on_text):
        for chunk in iter(lambda: os.read(self.process.stdout.fileno(), 4096), b""):
            text = chunk.decode("utf-8", "replace")
            self.console += text
            try:
                if on_text and not self.unread:
                    on_text(text)
            except BrokenPipeError as e:  # nobody reads what on_text prints: the end, as soon as somebody waits for it
                self.unread = e
                self.process.kill()

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def monitor(self, line, limit=10):
        """What QEMU's monitor answers to this line."""
        self.monitor_socket.settimeout(limit * time_scale())
        self.monitor_socket.sendall(f"{line}\n".encode())
        text, prompts = "", 1 + (not self.monitor_greeted)
        self.monitor_greeted = True
        while text.count("(qemu) ") < prompts:
            text += self.monitor_socket.recv(4096).decode()
        return plain(text)

    def expect(self, pattern, limit=60, start=0):
        """Wait until COM1 has printed what matches; return the match. Fails when the machine ends first."""
        end = time.monotonic() + limit * time_scale()
        while True:
            ended = self.process.poll() is not None
            if ended:
                self.reader.join(5)
            m = re.compile(pattern).search(plain(self.console), start)
            if m:
                return m
            if ended or time.monotonic() > end:
                raise AssertionError(f"{'the machine ended' if ended else 'no answer'} while waiting for {pattern!r}; "
                                     f"console:\n{plain(self.console)[-3000:]}")
            time.sleep(0.05)

    def ask(self, line, prompt, limit=60):
        """Type a line; what is answered, up to the next prompt. Before the line is echoed others may print, and the prompt begin again."""
        start = len(plain(self.console))
        self.send(line + "\r")
        return self.expect(rf"{re.escape(line)}\n([\s\S]*?){prompt}$", limit, start)[1].strip()

    def wait(self, limit=60):
        """The status number, or TIMEOUT when the machine did not end within the limit and was killed."""
        try:
            status = self.process.wait(limit * time_scale())
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = TIMEOUT
        self.reader.join(5)
        if self.unread:
            raise self.unread
        return status

    def play(self, limit=60, on_text=None):
        """From the start to the end: the status, as of wait. Whatever happens, nothing runs afterwards."""
        try:
            return self.start(on_text).wait(limit)
        finally:
            self.kill()

    def printed(self, last, limit):
        """What it prints, up to the word LAST, or the end of this program."""
        status = self.play(limit)
        text = plain(self.console)
        if status != OK or last not in text:
            sys.exit(f"allod: the benchmark did not finish: {explain(status)}\n{text[-2000:]}\n{self.log[-2000:]}")
        return text

    @property
    def log(self):
        return plain(self.log_path.read_text(errors="replace")) if self.log_path.exists() else ""

    def keep(self):
        """What a run that failed has left goes where no later run overwrites it; .log_path goes with it."""
        failed = BUILD / "failed"
        failed.mkdir(parents=True, exist_ok=True)
        kept = next(p for p in (failed / f"{self.dir.name}-{n}" for n in itertools.count(1)) if not p.exists())
        (self.dir / "com1.log").write_text(self.console)
        self.dir = self.dir.rename(kept)
        self.log_path = kept / "com2.log"

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def explain(status):
    return STATUS.get(status, f"QEMU ended with status {status}: neither Allod nor the firmware ended it properly")
