# SPDX-License-Identifier: MIT
"""GRUB as a guest: images for Xen's PVH, made of Debian's modules, with a configuration inside."""

from linux import BZIMAGE, DIR, INITRD, images, output

FORMAT = "i386-xen_pvh"
MODULES = "normal echo lsmmap sleep halt linux"

LINUX = """\
linux (memdisk)/vmlinuz console=hvc0 earlyprintk=xen panic=-1 quiet
initrd (memdisk)/initrd.img
boot
"""


def grub(name, config, files=()):
    """An image that plays CONFIG; FILES are pairs of a name in its memory disk and a path."""
    DIR.mkdir(parents=True, exist_ok=True)
    image, script = DIR / f"{name}.elf", DIR / f"{name}.cfg"
    script.write_text(config)
    output("grub-mkstandalone", "-O", FORMAT, "-o", image, f"--install-modules={MODULES}", "--fonts=", "--locales=",
           "--themes=", f"boot/grub/grub.cfg={script}", *(f"{inside}={path}" for inside, path in files))
    return image


def grub_with_linux(name):
    """It loads a bzImage and its initrd, and starts it."""
    images()
    return grub(name, LINUX, [("vmlinuz", BZIMAGE), ("initrd.img", INITRD)])
