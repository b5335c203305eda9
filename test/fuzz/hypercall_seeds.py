# SPDX-License-Identifier: MIT
"""Seeds of fuzz_hypercall: what builders and guests really do, as the steps of test/fuzz/call_input.h."""

import struct

MEMORY_OP, MULTICALL, VERSION, CONSOLE, VCPU_OP, SCHED_OP, HVM_OP, SYSCTL, DOMCTL = 12, 13, 17, 18, 24, 29, 34, 35, 36
REGISTERS, MEMORY, CALL, MULTI, SCRUB = range(0xff00, 0xff05)
BUILDER, OTHER_BUILDER, GUEST, OTHER_GUEST = range(4)
COMPAT, RAW, EDGE, BAD_ADDRESS, ONCE, RESUME = 4, 8, 16, 32, 64, 128
SELF = 0x7ff0
NEW = 5  # the domain that is built
EXACT = 1 << 17


def step(what, structure=b"", data=b"", who=BUILDER, arg=0):
    return struct.pack("<HBBBB", what, who, arg, len(structure), len(data)) + structure + data


def call(family, op, structure=b"", data=b"", who=BUILDER, arg=0):
    return step(family << 8 | op, structure, data, who, arg)


def domctl(op, structure=b"", data=b"", domain=NEW, who=BUILDER):
    return call(DOMCTL, op, structure, data, who, domain)


def reservation(op, frames, domain=NEW, order=0, flags=0, who=BUILDER, arg=0):
    return call(MEMORY_OP, op, struct.pack("<QQIIH", 1, len(frames), order, flags, domain), bytes(frames), who, arg)


def create(max_vcpus=1):
    flags, limits = 3, struct.pack("<IIiiIII", max_vcpus, 0xffffffff, -1, -1, 1, 0, 0)
    return domctl(1, struct.pack("<I16sII", 0, b"handle", flags, 0) + limits + struct.pack("<II", 1, 0))


def claim(*entries, domain=NEW, mode=1):
    return domctl(91, struct.pack("<QII", 1, len(entries), mode), b"".join(bytes(e) for e in entries), domain)


HOST = 0x80
LEGACY = 0x40


def context(instance=0):
    return struct.pack("<HHI", 2, instance, 8) + bytes(8) + struct.pack("<HHI", 0, 0, 0)


def build(flags=EXACT | 1 << 8):
    """A domain from its creation to its end, as guest/lib/build.c makes it."""
    state, e820 = context(), struct.pack("<QQI", 0, 1 << 20, 1)
    return (create() + domctl(86, struct.pack("<Q", 60)) + domctl(11, struct.pack("<Q", 8000)) + domctl(15, struct.pack("<I", 1))
            + call(MEMORY_OP, 13, struct.pack("<HxxxxxxIxxxxQ", NEW, 1, 1), e820) + claim((100, 0), (50, 1), (20, HOST))
            + domctl(68, struct.pack("<QI", 1, 64), b"\3") + reservation(6, range(64), flags=flags)
            + reservation(6, (1, 2), order=9) + domctl(34, struct.pack("<IxxxxQ", len(state), 1), state)
            + domctl(22, struct.pack("<Q", 3)) + call(HVM_OP, 0, struct.pack("<HxxIQ", NEW, 1, 77)) + domctl(91, struct.pack("<QII", 1, 65, 0))
            + call(MEMORY_OP, 23, struct.pack("<HHHHQQQ", SELF, 4, 2, NEW, 1, 3, 5), bytes((3, 4, 40, 41)))
            + call(MEMORY_OP, 15, struct.pack("<HxxxxxxQ", SELF, 40)) + claim((0, HOST)) + domctl(4) + domctl(5) + domctl(3)
            + reservation(1, range(8)) + domctl(2))


def guest(who):
    """What a guest without privilege does with itself, and tries with another one."""
    own = dict(who=who, domain=SELF)
    return (call(VERSION, 0, who=who) + call(VERSION, 6, struct.pack("<II", 0, 0), who=who) + call(CONSOLE, 0, b"", b"words\n", who, 2)
            + reservation(6, (32, 33, 34), **own) + reservation(1, (33,), **own) + reservation(0, (0, 0), **own)
            + reservation(6, (35,), domain=1, who=who) + call(MEMORY_OP, 7, struct.pack("<HHIQQ", SELF, 0, 0, 0, 50), who=who)
            + call(MEMORY_OP, 7, struct.pack("<HHIQQ", SELF, 0, 1, 2, 51), who=who) + call(MEMORY_OP, 9, struct.pack("<IxxxxQ", 4, 1), who=who)
            + call(VCPU_OP, 10, struct.pack("<QII", 9, 64, 0), who=who) + call(VCPU_OP, 4, who=who) + call(VCPU_OP, 3, who=who)
            + call(HVM_OP, 0, struct.pack("<HxxIQ", SELF, 2, 5), who=who) + call(HVM_OP, 1, struct.pack("<HxxIQ", SELF, 2, 0), who=who)
            + call(SCHED_OP, 0, who=who) + call(SCHED_OP, 3, struct.pack("<QIxxxxQ", 0, 0, 9), who=who)
            + domctl(91, struct.pack("<QII", 1, 1, 1), b"\1\0", 3, who) + call(MEMORY_OP, 24, struct.pack("<HxxxxxxQII", 4, 5, 0, 0), who=who)
            + call(SYSCTL, 3, who=who) + call(SCHED_OP, 2, struct.pack("<I", 1), who=who))


def exchange(who=BUILDER):
    one = struct.pack("<QQIIHxxxxxx", 1, 4, 0, 0, SELF)
    two = struct.pack("<QQIIHxxxxxx", 5, 4, 0, EXACT | 2 << 8, SELF)
    return (reservation(6, range(20, 24), SELF, flags=EXACT | 1 << 8, who=who)
            + call(MEMORY_OP, 11, one + two + struct.pack("<Q", 0), bytes(range(20, 28)), who))


def host():
    """Questions about the machine, and a page that goes and comes."""
    def sysctl(op, structure, data=b""):
        return call(SYSCTL, op, structure, data)
    return (sysctl(3, bytes(64)) + sysctl(6, struct.pack("<HxxIQI", 0, 6, 1, 0)) + sysctl(8, struct.pack("<IxxxxQI", 4, 1, 0))
            + sysctl(9, struct.pack("<IIiI", 0, 0, -1, 0)) + sysctl(16, struct.pack("<IxxxxQ", 4, 1)) + sysctl(17, struct.pack("<IxxxxQQ", 4, 1, 65))
            + sysctl(1, struct.pack("<BBxxIQI", 1, 0, 0, 1, 200)) + sysctl(7, struct.pack("<QI", 1, 3), b"hdm")
            + sysctl(0x80, struct.pack("<IIQ", 4, 0, 1)) + sysctl(0x81, struct.pack("<HxxxxxxQIIQ", 3, 0, 20, 0, 1))
            + b"".join(sysctl(14, struct.pack("<IIIxxxxQ", cmd, 0x300, 0x301, 1)) for cmd in (1, 3, 2))
            + sysctl(0x82, struct.pack("<IHHIIQQ", 1, 3, 2, 0, 0, 3, 0)) + sysctl(0x82, struct.pack("<IHHIIQQ", 0, 0, 0, 0, 0, 0, 0)))


def vnuma():
    state = struct.pack("<IIII", 10, 20, 20, 10) + struct.pack("<I", 1) + struct.pack("<xxxxII", 0, 1) + struct.pack("<QQII", 0, 1 << 20, 0, 0)
    return (create() + domctl(86, struct.pack("<Q", 60)) + domctl(74, struct.pack("<IIIIQQQQ", 2, 1, 1, 0, 1, 3, 4, 5), state)
            + domctl(11, struct.pack("<Q", 4000)) + reservation(6, range(8), flags=1 << 18 | 2 << 8)
            + call(MEMORY_OP, 26, struct.pack("<HHIIIQQQ", NEW, 0, 8, 8, 8, 1, 17, 33)) + domctl(15, struct.pack("<I", 1))
            + domctl(9, struct.pack("<IIQIxxxxQI", 0, 3, 1, 64, 3, 64), b"\3" * 24) + domctl(25, struct.pack("<IIQIxxxxQI", 0, 3, 1, 64, 3, 64))
            + domctl(14, struct.pack("<I", 0)) + domctl(69, struct.pack("<QI", 1, 64)) + domctl(33, struct.pack("<IxxxxQ", 4095, 1))
            + domctl(10, struct.pack("<III", 31, 0, 1)) + domctl(10, struct.pack("<III", 30, 0, 0)) + domctl(85, bytes(8)) + domctl(24, bytes(12))
            + call(SCHED_OP, 4, struct.pack("<HxxI", NEW, 0)) + domctl(2))


def several():
    """Calls in one, and long ones that others come in between of."""
    inner = call(VERSION, 0) + reservation(6, (40,), SELF) + domctl(5, domain=3)
    long = reservation(6, range(128), order=2, domain=SELF)
    return (step(MULTI, b"", inner) + step(MULTI, b"", inner, COMPAT) + create() + domctl(86, struct.pack("<Q", 60)) + domctl(11, struct.pack("<Q", 8000))
            + reservation(6, (1, 2, 3), order=9, who=ONCE) + domctl(2, who=OTHER_BUILDER) + call(VERSION, 7, who=RESUME)
            + step(SCRUB, arg=200) + long + step(CALL, struct.pack("<7Q", DOMCTL, 0x4000, 0, 0, 0, 0, 0)))


def modes(body):
    return {f"mode{mode}": step(REGISTERS, who=GUEST, arg=mode) + body for mode in range(4)}


def seeds():
    out = {"build": build(), "build-any": build(0), "guest": guest(GUEST), "guest32": guest(GUEST | COMPAT), "host": host(), "vnuma": vnuma(),
           "exchange": exchange(), "exchange-guest": exchange(GUEST), "several": several(), "two": build() + guest(OTHER_GUEST) + build(2 << 8),
           "edge": guest(GUEST | EDGE), "raw": build().replace(b"\0", b"\x08", 3)}
    out.update(modes(guest(GUEST | COMPAT)))
    return out
