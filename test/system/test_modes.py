# SPDX-License-Identifier: MIT
"""Hypercalls from every paging mode, by 32-bit and by 64-bit code, and images of both kinds."""

import re
import struct

import pytest
from machine import BUILD, OK, plain

CFG = """\
[domain modes]
image = {image}  memory = 32M  privileged = yes
"""
PT_NOTE, PT_NULL = 4, 0


@pytest.mark.parametrize("image, modes", [("modes.elf", 3), ("modes32.elf", 9)])
def test_modes(boot, image, modes, debug):
    """The guest checks results and contents itself; here, that it got to the end and that its texts came whole."""
    machine = boot(nodes=1, mem="512M", debug=debug, cfg=CFG.format(image=image), files=[BUILD / "guest" / image])
    status = machine.wait()
    text = plain(machine.console)
    assert not re.findall(r"^not ok.*\n.*", text, re.M), text
    assert len(re.findall(r"^# .*: this text lies on two pages$", text, re.M)) == modes, text
    assert re.search(r"^1\.\.%d$" % len(re.findall(r"^ok ", text, re.M)), text, re.M), text
    assert status == OK, text


def without_note_segment(image):
    """The image with its PT_NOTE header wiped: the entry point is named by the section .note.Xen alone."""
    data = bytearray(image)
    wide = data[4] == 2
    table, = struct.unpack_from("<Q" if wide else "<I", data, 32 if wide else 28)
    size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
    headers = [table + i * size for i in range(count)]
    notes = [at for at in headers if struct.unpack_from("<I", data, at)[0] == PT_NOTE]
    assert notes, "the image has a PT_NOTE segment"
    for at in notes:
        struct.pack_into("<I", data, at, PT_NULL)
    return bytes(data)


@pytest.mark.parametrize("image", ["modes.elf", "modes32.elf"])
def test_note_in_a_section_only(boot, image, tmp_path):
    (tmp_path / image).write_bytes(without_note_segment((BUILD / "guest" / image).read_bytes()))
    machine = boot(nodes=1, mem="512M", cfg=CFG.format(image=image), files=[tmp_path / image])
    assert machine.wait() == OK, plain(machine.console)
