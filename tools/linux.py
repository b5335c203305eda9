# SPDX-License-Identifier: MIT
"""Debian's Linux as a guest: kernel and busybox out of Debian's packages, an initrd made of them, and the machine."""

import bz2
import gzip
import io
import lzma
import re
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

from machine import BUILD, ROOT, Machine

DIR = BUILD / "linux"
BZIMAGE = DIR / "vmlinuz"
KERNEL = DIR / "vmlinux"
INITRD = DIR / "initrd.img"

CFG = """\
[allod]
console = com1  log = {log}  loglvl = info{words}
[domain builder]
image = builder.elf  memory = 192M  vcpus = 1  privileged = yes  console = yes
modules = "{modules} start.txt"  cmdline = "type start.txt"
"""


def say(why):
    sys.exit(f"allod: {why}")


# ---- packages ----------------------------------------------------------------------------------------------

def output(*command):
    done = subprocess.run(command, cwd=DIR, capture_output=True, text=True)
    if done.returncode:
        say(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def from_package(package, wanted):
    """A file of a Debian package, which is downloaded but not installed."""
    if not list(DIR.glob(f"{package}_*.deb")):
        output("apt-get", "-o", "APT::Sandbox::User=", "download", package)
    deb = max(DIR.glob(f"{package}_*.deb"), key=lambda f: f.stat().st_mtime)
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
        return tar.extractfile(next(m for m in tar if re.fullmatch(wanted, m.name))).read()


def kernel_package():
    """The one that Debian's newest kernel for clouds is in."""
    return re.search(r"Depends: (linux-image-\S+)", output("apt-cache", "depends", "linux-image-cloud-amd64"))[1]


# ---- the kernel: a bzImage holds vmlinux, packed (Linux' Documentation/x86/boot.rst) --------------------------

def program(*command):
    """A program that unpacks from its input; bytes that are too many make it complain behind the result."""
    return lambda data: subprocess.run(command, input=data, capture_output=True).stdout


PACKED = {
    b"\x1f\x8b": gzip.decompress,
    b"\xfd7zXZ": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x5d\0\0": lambda data: lzma.LZMADecompressor().decompress(data),
    b"BZh": lambda data: bz2.BZ2Decompressor().decompress(data),
    b"\x02\x21\x4c\x18": program("lz4", "-dc"),
    b"\x28\xb5\x2f\xfd": program("zstd", "-dc"),
}


def vmlinux(bzimage):
    if bzimage[0x202:0x206] != b"HdrS":
        say("the kernel is no bzImage")
    sectors = bzimage[0x1f1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = bzimage[start:start + length]
    for magic, unpacker in PACKED.items():
        if payload.startswith(magic):
            image = unpacker(payload)
            if image.startswith(b"\x7fELF"):
                return image
    say(f"the kernel is packed in a way that is not known here (it begins with {payload[:4].hex()})")


# ---- the initrd: a cpio archive (Linux' Documentation/driver-api/early-userspace/buffer-format.rst) ------------

def member(number, name, mode, data=b"", device=(0, 0)):
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def cpio(busybox, scripts):
    """/init and what it needs before it has devices."""
    entries = [(d, 0o40755) for d in ("bin", "dev", "proc", "sys", "tmp")]
    entries += [("dev/console", 0o20600, b"", (5, 1)), ("bin/busybox", 0o100755, busybox)]
    entries += [(s.name, 0o100755, s.read_bytes()) for s in scripts]
    archive = b"".join(member(i, *e) for i, e in enumerate(entries, 1))
    return archive + member(0, "TRAILER!!!", 0)


def images():
    """vmlinux and the initrd, made when they are not there; the scripts may have changed."""
    DIR.mkdir(parents=True, exist_ok=True)
    if not (KERNEL.exists() and BZIMAGE.exists()):
        BZIMAGE.write_bytes(from_package(kernel_package(), "./boot/vmlinuz-.*"))
        KERNEL.write_bytes(vmlinux(BZIMAGE.read_bytes()))
    busybox = from_package("busybox-static", "./bin/busybox")
    INITRD.write_bytes(gzip.compress(cpio(busybox, sorted((ROOT / "tools/linux").iterdir())), 1, mtime=0))
    return KERNEL, INITRD


# ---- the machine -------------------------------------------------------------------------------------------

def linux_machine(name, lines, modules=None, nodes=2, mem="2G", cpus=2, debug=None, log="com2", words="", **more):
    """Allod whose builder has MODULES (Linux and its initrd), begins with LINES as if they were typed, and stays at
    its prompt; WORDS go to [allod]."""
    start = DIR / f"{name}.txt"
    modules = modules or images()
    start.write_text("".join(f"{line}\n" for line in lines))
    cfg = CFG.format(log=log, words=words, modules=" ".join(m.name for m in modules))
    files = [BUILD / "guest/builder.elf", *modules, (start, "start.txt")]
    return Machine(name, nodes, mem, cpus, debug=debug, cfg=cfg, files=files, **more)


def boot_line(name="linux", mem="512M", vcpus=1, claims="", words="quiet"):
    return (f"boot {name} vmlinux mem={mem} vcpus={vcpus} initrd=initrd.img {claims}"
            f" -- console=hvc0 earlyprintk=xen panic=-1 {words}")


if __name__ == "__main__":
    print("\n".join(str(f) for f in images()))
