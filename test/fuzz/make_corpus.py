#!/usr/bin/env python3
"""Makes the seeds under test/data/corpus that are made and not found: small good and bad inputs."""

import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../unit/tools/igvm"))
import made  # noqa: E402


def write(target, name, data):
    folder = os.path.join(HERE, "../data/corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def header(kind, payload):
    return struct.pack("<II", kind, len(payload)) + payload + bytes(-len(payload) % 8)


def igvm(*middle):
    """A file with one page of data, which is the VMSA too, and other headers in the middle."""
    front = [header(0x001, struct.pack("<IBBHQ", 1, 0, 2, 1, 0)),
             header(0x101, struct.pack("<QII", 0x30000, 1, 0)), *middle]
    size = sum(map(len, front)) + 32
    last = header(0x304, struct.pack("<QIIHH", 0xFFFFFFFFF000, 1, 24 + size, 0, 0))
    headers = b"".join(front) + last
    fixed = [0x4D564749, 1, 24, len(headers), 24 + len(headers) + 4096, 0]
    fixed[5] = zlib.crc32(struct.pack("<6I", *fixed) + headers)
    return struct.pack("<6I", *fixed) + headers + b"V" * 4096


def page(gpa, kind=0, flags=0):
    return header(0x302, struct.pack("<QIIIHH", gpa, 1, 0, flags, kind, 0))


def make_igvm():
    areas = [header(0x301, struct.pack("<QII", 4096, i, 0)) for i in (0, 1)]
    fills = [header(0x30C, struct.pack("<II", 0, 0)), header(0x307, struct.pack("<II", 1, 8)),
             header(0x313, struct.pack("<II", 1, 12))]
    inserts = [header(0x303, struct.pack("<QII", 0x30000 + i * 4096, 1, i)) for i in (0, 1)]
    pages = [page(0x10000), page(0x11000, 0, 2), page(0x12000, 1), page(0x13000, 2)]
    memory = header(0x305, struct.pack("<QIIII", 0x40000, 1, 0x2000, 0, 0))
    write("igvm_read", "smallest", igvm())
    write("igvm_read", "all-headers", igvm(*areas, *fills, *inserts, *pages, memory))
    write("igvm_read", "id-block", igvm(page(0x1000), header(0x30B, b"\1" + bytes(695))))
    write("igvm_read", "unknown-header", igvm(header(0x309, struct.pack("<II", 0, 0))))
    write("igvm_read", "insert-after-page", igvm(areas[0], page(0x1000), inserts[0]))
    write("igvm_read", "overlap", igvm(areas[0], inserts[0], page(0x30000)))
    write("igvm_read", "cut", igvm()[:60])


def make_vtpm():
    """TPM commands of most kinds, without their sizes, which the target puts in; and pages as they are."""
    def command(code, rest="", sessions=False):
        return bytes.fromhex(("8002" if sessions else "8001") + "00000000" + f"{code:08x}" + rest)

    def inputs(*commands, flags=0):
        return bytes([flags]) + b"".join(struct.pack("<H", len(one)) + one for one in commands)

    password = "00000009400000090000000000"
    ecc = "0023000b00040472000000100018000b0003001000000000"
    create = command(0x131, "40000001" + password + "000400000000" + "0018" + ecc + "0000" + "00000000", True)
    sign = command(0x15D, "80000000" + password + "0020" + "00" * 32 + "0010" + "8024400000070000", True)
    index = "000e" + "01500000" + "000b" + "00040004" + "0000" + "0008"
    define = command(0x12A, "40000001" + password + "0000" + index, True)
    write_nv = command(0x137, "0150000001500000" + password + "0008" + "11" * 8 + "0000", True)
    extend = command(0x182, "00000010" + password + "00000001000b" + "aa" * 32, True)
    session = command(0x176, "4000000740000007" + "0010" + "22" * 16 + "0000" + "01" + "0010" + "000b")
    hash_sequence = (command(0x186, "0000000b"), command(0x15C, "80000000" + password + "0003616263", True))
    write("vtpm", "random", inputs(command(0x17B, "0020"), command(0x146, "0004abcdabcd")))
    write("vtpm", "pcrs", inputs(extend, command(0x17E, "00000001000b03000001"),
                                 command(0x13D, "00000010" + password, True)))
    write("vtpm", "capabilities", inputs(*(command(0x17A, f"{which:08x}0000000000000040") for which in range(10))))
    write("vtpm", "key", inputs(create, sign, command(0x173, "80000000"), command(0x162, "80000000"),
                                command(0x165, "80000000")))
    write("vtpm", "key-late", inputs(create, sign, flags=2))
    write("vtpm", "nv", inputs(define, write_nv, write_nv, command(0x169, "01500000"),
                               command(0x14E, "0150000001500000" + password + "00080000", True)))
    write("vtpm", "session", inputs(session, command(0x189, "03000000"), command(0x18C, "03000000" + "00000144")))
    write("vtpm", "hash", inputs(*hash_sequence, command(0x17D, "0003616263000b40000007")))
    write("vtpm", "hierarchies", inputs(command(0x126, "4000000c" + password, True),
                                        command(0x121, "4000000c" + password + "4000000b00", True)))
    write("vtpm", "clock", inputs(command(0x181), command(0x143, "01"), command(0x145, "0000"), command(0x181)))
    write("vtpm", "no-such-command", inputs(command(0x20000000), command(0x11E), b"", b"\x80"))
    page = struct.pack("<IBI", 8, 0, 12) + bytes.fromhex("80010000000c0000017b0020")
    write("vtpm", "page", bytes([1]) + page)
    write("vtpm", "page-locality", bytes([1]) + page[:4] + b"\x04" + page[5:])
    write("vtpm", "page-size", bytes([1]) + page[:5] + b"\xff\xff\xff\xff" + page[9:])


def kernel_call(number, rcx, rdx=0, cpu=0, guest=0, how=1):
    """A call of protocol 0: guest n of a CPU; addresses below 0x20 are pages of the guest's."""
    return bytes([0, cpu + 2 * guest]) + bytes(8) + bytes([how, number, rcx, rdx])


def kernel_service(number, actions, guest=0):
    """A call of another service, which does these things, one after the other."""
    return bytes([0, 2 * guest]) + bytes(actions).ljust(8, b"\7") + bytes([4, number, 0, 0, 0])


def kernel_list(page, entries, first=0):
    head = bytes([1, page, len(entries), first, 0])
    return head + b"".join(bytes([gpa, flags]) for gpa, flags in entries)


def kernel_vmsa(page, vmpl):
    return bytes([2, page, vmpl])


def kernel_message(how, call=0, request=8, size=4, reply=9, room=6):
    """The descriptor of a call by name in the guest's first page, then that call."""
    return (bytes([4, how, call, request, size, reply, room]) + bytes([0, 0]) + bytes([7] * 8) +
            bytes([0x11, 1, 0, 0]))


def make_kernel():
    vcpu = kernel_vmsa(1, 2) + kernel_call(2, 1, 2)
    pages = [(8, 4), (9, 4), (10, 12)]
    validate = kernel_list(0, pages) + kernel_call(1, 0)
    write("kernel", "validate", validate + kernel_call(1, 0))
    write("kernel", "invalidate", validate + kernel_list(0, [(8, 0), (9, 0)]) + kernel_call(1, 0))
    write("kernel", "resume", kernel_list(0, [(0x80, 5), (8, 4)], 1) + kernel_call(1, 0))
    write("kernel", "large", kernel_list(0, [(0x50, 5), (0x52, 5)]) + kernel_call(1, 0))
    write("kernel", "svsm-page", kernel_list(0, [(8, 4), (0x58, 4)]) + kernel_call(1, 0))
    write("kernel", "no-time", bytes([3, 0xFF, 0]) + validate + kernel_call(1, 0))
    write("kernel", "create-delete", vcpu + kernel_call(3, 1) + kernel_call(3, 1))
    write("kernel", "second-cpu", vcpu + kernel_call(6, 0, cpu=1) + kernel_call(3, 1, cpu=1))
    write("kernel", "lower-vmpl", kernel_vmsa(1, 3) + kernel_call(2, 1, 2) + kernel_call(3, 1))
    write("kernel", "vmsa-page", vcpu + kernel_list(0, [(1, 0), (2, 0)]) + kernel_call(1, 0))
    write("kernel", "remap", kernel_call(0, 3) + kernel_call(6, 0) + kernel_call(0, 0x53))
    write("kernel", "deposit", kernel_list(0, [(4, 0), (5, 0)]) + kernel_call(4, 0) +
          kernel_call(5, 6) + kernel_call(5, 6))
    write("kernel", "query-vtom", kernel_call(6, 0) + kernel_call(7, 0) + kernel_call(0xF, 0))
    write("kernel", "taken-area", vcpu + bytes([3, 0, 0x53]) + kernel_call(6, 0))
    for what in range(5):
        write("kernel", f"message-{what}", kernel_message(what) + kernel_message(what, room=0))
    write("kernel", "message-refused", kernel_message(0x23) + kernel_message(0xC3) + kernel_message(3, request=0x58))
    for what in (6, 0x0E, 0x16, 0x86, 0x96, 0xA6, 0xB6, 0xFE):
        write("kernel", f"shared-{what}", kernel_service(3, [what, 6]) + kernel_service(3, [what, 1]) * 2)
    write("kernel", "failing-rmp", bytes([3, 0x22, 0]) + validate)
    for what in range(6):
        write("kernel", f"service-{what}", kernel_service(1, [what]) + kernel_service(1, []) +
              kernel_service(3, [what, 1]) + kernel_service(3, [what, 1]))


def message_header(version=0, flags=0, protocol=0, call=0, registers=(0, 0, 0, 0), result=0, size=0):
    return struct.pack("<6I4Q2I", version, flags, protocol, call, 0, 0, *registers, result, size)


def message(how=0, rcx=0, peer=(0, 0, 0), reply=message_header(), request=message_header(), wanted=(0,) * 8, name=b""):
    """A call by registers (0), by name (1) or of a peer (2): in what it differs from a sound one."""
    return (struct.pack("<BBB5x4Q", how & 3, how >> 2 & 1, how >> 3 & 1, rcx, *peer) + reply + request +
            struct.pack("<16s2IQ2IQ2I", name, *wanted))


def make_message():
    replies = {
        "sound": message_header(),
        "outputs": message_header(flags=0xF00, registers=(1, 2, 3, 4), result=0x80000005),
        "version": message_header(version=3),
        "protocol": message_header(protocol=3),
        "call": message_header(call=1),
        "flags": message_header(flags=0x1001),
        "none": message_header(size=100),
        "whole": message_header(size=100 ^ 4096),
        "too-long": message_header(size=100 ^ 4097),
        "longest": message_header(size=0xFFFFFFFF),
    }
    for name, reply in replies.items():
        write("message", f"reply-{name}", b"".join(message(how, reply=reply) for how in (0, 4, 1, 2)))
        write("message", f"reply-{name}-late", b"".join(message(8 | how, reply=reply) for how in (0, 4, 1, 2)))
    asked = message_header(7, 8, 9, 10, (1, 2, 3, 4), 5)
    write("message", "registers", message(0, request=asked) + message(4, request=asked))
    write("message", "peer", message(2, request=asked) + message(2, peer=(1 ^ 2, 0, 0)) + message(2, peer=(1, 0, 0)))
    write("message", "peer-nobody", message(2, peer=(1 ^ 3, 0, 0)) + message(2, peer=(1 ^ 4, 0, 0)) +
          message(2, peer=(1 << 32, 0, 0)))
    for name, at, room, size in (("reply", 0x3000 ^ 0x40, 0, 0), ("end", 0x3000 ^ (0x5000 - 320), 0, 0),
                                 ("past-end", 0x3000 ^ (0x5000 - 319), 0, 0), ("wraps", (1 << 64) - 1, 0, 0),
                                 ("too-much-room", 0, 256 ^ 4097, 0), ("whole", 0, 256 ^ 4096, 100 ^ 4096),
                                 ("too-long", 0, 0, 100 ^ 4097), ("small-room", 0, 256 ^ 99, 0), ("no-room", 0, 256, 0),
                                 ("request-past-end", 0x3000 ^ (0x5000 - 320), 0, 100 ^ 257)):
        write("message", f"peer-{name}", message(2, peer=(0, at, room), request=message_header(size=size)))
    shared = bytes(a ^ b for a, b in zip(b"plain\0", b"shared"))
    # Version, call, gPA and size of the request, reserved, gPA and room of the reply, reserved.
    for name, wanted in (("version", (3, 0, 0, 0, 0, 0, 0, 0)), ("manifest", (0, 0xFFFFFF00, 0, 0, 0, 0, 0, 0)),
                         ("reserved-24", (0, 0, 0, 0, 1, 0, 0, 0)), ("reserved-34", (0, 0, 0, 0, 0, 0, 0, 1)),
                         ("request-long", (0, 0, 0, 100 ^ 4096, 0, 0, 0, 0)),
                         ("request-too-long", (0, 0, 0, 100 ^ 4097, 0, 0, 0, 0)),
                         ("request-past-end", (0, 0, 0x1FF0 ^ 0x7FF0, 0, 0, 0, 0, 0)),
                         ("request-wraps", (0, 0, 0x1FF0 ^ (1 << 64) - 7, 0, 0, 0, 0, 0)),
                         ("reply-past-end", (0, 0, 0, 0, 0, 0x3FFC ^ 0x7FF0, 0, 0)),
                         ("reply-outside", (0, 0, 0, 0, 0, 0x3FFC ^ 0x8000, 0, 0)),
                         ("reply-wraps", (0, 0, 0, 0, 0, 0x3FFC ^ (1 << 64) - 7, 0, 0)),
                         ("no-room", (0, 0, 0, 0, 0, 0, 256 ^ 99, 0))):
        write("message", f"name-{name}", message(1, wanted=wanted) + message(1, wanted=wanted, name=shared))
        # In the first page, where an address looks like a size.
        write("message", f"name-{name}-low", message(1, 0x7000 ^ 0x800, wanted=wanted))
    for name, rcx in (("misaligned", 4), ("page-end", 0xFC8), ("across", 0xFD0), ("outside", 0xF000)):
        write("message", f"name-{name}", message(1, rcx))
    write("message", "name-nobody", message(1, name=b"\1") + message(1, name=bytes(15) + b"\1"))


def make_memmap():
    def entries(*ranges):
        return b"".join(struct.pack("<QQHHI", *r, 0, 0) for r in ranges)
    end = bytes(24)
    write("memmap", "good", entries((0, 0xA0, 0), (0x100, 0x7FF00, 0)) + end)
    write("memmap", "joined", entries((0, 0x100, 0), (0x100, 0x100, 0), (0x300, 1, 1)) + end)
    write("memmap", "region", entries((0x3FFFF, 0x900, 0)) + end)
    write("memmap", "overlap", entries((0x100, 0x100, 0), (0x1FF, 2, 0)) + end)
    write("memmap", "too-high", entries((1 << 40, 1, 0)) + end)
    write("memmap", "wraps", entries((1, (1 << 52) - 1, 0)) + end)
    write("memmap", "no-end", entries((5, 6, 0))[:23])
    write("memmap", "many", entries(*((2 * i, 1, 0) for i in range(80))))


def make_elf():
    write("elf_read", "kernel", made.kernel()[:0x2400])
    write("elf_read", "stub", made.stub()[:0x1100])
    write("elf_read", "service", made.service()[:0x1000])
    write("elf_read", "headers-only", made.elf(0x1000, [(0x1000, 5, b"", 16), (0x2000, 6, b"", 9)]))
    write("elf_read", "wraps", made.elf(0x1000, [(0x1000, 5, b"", (1 << 64) - 0x1000)]))
    write("elf_read", "dynamic", made.elf(0x1000, [(0x1000, 5, b"", 1)], ptype=2))


def make_ovmf():
    write("ovmf_read", "good", made.firmware()[-0x900:])
    write("ovmf_read", "no-table", made.firmware(table=False)[-0x100:])
    write("ovmf_read", "no-metadata", made.firmware(metadata=False)[-0x100:])
    write("ovmf_read", "no-sections", made.firmware(sections=[])[-0x900:])
    write("ovmf_read", "far-offset", made.firmware(offset=0xFFFFFFFF)[-0x900:])


def core(call, raw, err, done, registers, memory=b""):
    """One call of the core service: how core_fuzz.c reads it."""
    return struct.pack("<BBBBHH3Q", call, raw, err, 0, done, 0, *registers) + memory


def make_core():
    pages = struct.pack("<HHI3Q", 3, 0, 0, 0x7004, 0x400005, 0x8008)
    bad = struct.pack("<HHI2Q", 2, 0, 0, 0x7004, 0x8014)
    write("core", "pvalidate", core(1, 0, 0, 3, (0, 0, 0), pages))
    write("core", "pvalidate-again", core(1, 0, 8, 1, (0, 0, 0), pages))
    write("core", "pvalidate-malformed", core(1, 0, 0, 1, (0, 0, 0), bad))
    write("core", "pvalidate-page-end", core(1, 0, 0, 1, (4080, 0, 0), bytes(4080) + bad))
    write("core", "deposit", core(4, 0, 0, 2, (0, 0, 0), struct.pack("<HHI2Q", 2, 0, 0, 0x7000, 0x400001)))
    write("core", "withdraw", core(5, 0, 0, 3, (0, 0, 0)))
    write("core", "create", core(2, 1, 0, 0, (0x5000, 0x6000, 1)))
    write("core", "remap", core(0, 1, 3, 0, (0x5000, 0, 0)))
    write("core", "query", core(6, 1, 0, 0, (1, 0x100000001, 0)))


def attest(call, rcx, memory, peers=2, answers=b"\0" * 12, psp=0, no_time=0, certificates=b""):
    """One call of the attestation service: how attest_fuzz.c reads it. `answers` is the last service's."""
    pages, size, err, yields, result, claims = struct.unpack("<HHBBBxI", answers)
    head = struct.pack("<BBBBHHBBBBIQ64s", call, 0, no_time, psp, pages, size, err, yields, result, peers, claims, rcx,
                       certificates)
    return head + memory


def operation(report=(2, 4096), nonce=(0x1010C0, 64), manifest=(4, 8192), certificates=(8, 0), single=b""):
    """The operation structure; buffers are pages of the fuzzer's guest, which begins at 1 MiB."""
    at = [(0x100000 + page * 4096, size) for page, size in (report, manifest, certificates)]
    return struct.pack("<QIIQIIQIIQII", *at[0], 0, *nonce, 0, *at[1], 0, *at[2], 0) + single


def answers(pages=0, size=0, err=0, yields=0, result=0, claims=0):
    return struct.pack("<HHBBBxI", pages, size, err, yields, result, claims)


def make_attest():
    table = (b"\7" * 16 + struct.pack("<II", 48, 6000)).ljust(64, b"\0")
    single = b"\2" * 16 + struct.pack("<II", 1, 0)
    want = operation(certificates=(8, 16384))
    write("attest", "all", attest(0, 0, operation()))
    write("attest", "all-none", attest(0, 0, operation(), peers=0))
    write("attest", "all-full", attest(0, 0, operation(manifest=(4, 65536)), 9, answers(size=4096)))
    write("attest", "single", attest(1, 0, operation(single=single), answers=answers(size=100)))
    write("attest", "single-unknown", attest(1, 0, operation(single=bytes(24))))
    write("attest", "certificates", attest(0, 0, want, 2, answers(pages=2), certificates=table))
    write("attest", "certificates-far", attest(0, 0, want, 2, answers(pages=1), certificates=table))
    write("attest", "certificates-too-many", attest(0, 0, want, psp=4))
    write("attest", "busy", attest(0, 0, want, psp=3, no_time=1, answers=answers(yields=3)))
    write("attest", "small", attest(0, 0, operation(report=(2, 100), manifest=(4, 10))))
    write("attest", "overlap", attest(0, 0, operation(report=(0, 4096), manifest=(0, 4096))))
    write("attest", "dies", attest(0, 0, operation(), answers=answers(err=14)))
    write("attest", "claims", attest(0, 0, operation(), answers=answers(claims=0xFFFFFFFF)))
    write("attest", "not-mapped", attest(0, 0, operation(manifest=(40, 8192))))
    write("attest", "page-end", attest(0, 0xFC0, bytes(0xFC0) + operation()))
    write("attest", "reserved", attest(0, 0, b"\xff" * 64))


def service_entry(name, protocol=0, versions=(1, 1), flags=1, guid=bytes(16), hash_byte=b"h"):
    """One struct sys_service."""
    return struct.pack("<16s4I", name, protocol, *versions, flags) + guid + hash_byte * 48


def make_attest_cbor():
    def manifest(*services, room=0):
        return struct.pack("<HBx", room, len(services)) + b"".join(services)
    core, vtpm = service_entry(b"core"), service_entry(b"vtpm", 2, guid=b"g" * 16)
    most = service_entry(b"n" * 16, 0xFFFFFFFF, (0xFFFFFFFF, 0xFFFFFFFF), 7, b"g" * 16)
    write("attest_cbor", "two", manifest(core, vtpm))
    write("attest_cbor", "small-room", manifest(core, vtpm, room=100))
    write("attest_cbor", "just-room", manifest(core, room=81))
    write("attest_cbor", "down", manifest(service_entry(b"core", flags=0)))
    write("attest_cbor", "down-with-manifest", manifest(service_entry(b"vtpm", 2, flags=6)))
    write("attest_cbor", "guid-late", manifest(service_entry(b"vtpm", 2, guid=bytes(15) + b"g")))
    write("attest_cbor", "longest", manifest(most, room=100))
    write("attest_cbor", "many", manifest(*[most] * 12))
    write("attest_cbor", "umlaut", manifest(service_entry("dienst-für-alle".encode())))
    write("attest_cbor", "not-text", manifest(core, service_entry(b"\xc3")))
    write("attest_cbor", "cut-text", manifest(service_entry(b"n" * 15 + b"\xc3")))


def make_tpm_keys():
    def answer(key=b"", result=0, size=None):
        return struct.pack(">HIIIIH", 0x8002, 0, result, 0x80000000, 0, len(key) if size is None else size) + key

    def inputs(*answers, version=1, room=0):
        return struct.pack("<BH", version, room) + b"".join(struct.pack("<H", len(one)) + one for one in answers)
    start = struct.pack(">HII", 0x8001, 10, 0)
    rsa, ecc = answer(b"R" * 314), answer(b"E" * 122)
    write("tpm_keys", "keys", inputs(start, rsa, ecc))
    write("tpm_keys", "ek", inputs(start, rsa, ecc, version=0, room=100))
    write("tpm_keys", "small-room", inputs(start, rsa, ecc, room=400))
    write("tpm_keys", "longest", inputs(start, answer(b"R" * 512), answer(b"E" * 512), room=1000))
    write("tpm_keys", "shortest", inputs(start, answer(b"R"), answer(b"E"), room=20))
    write("tpm_keys", "empty", inputs(start, answer(), ecc))
    write("tpm_keys", "too-long", inputs(start, answer(b"R" * 513), ecc))
    write("tpm_keys", "cut", inputs(start, rsa, answer(b"E" * 100, size=101)))
    write("tpm_keys", "no-start", inputs(struct.pack(">HII", 0x8001, 10, 0x101)))
    write("tpm_keys", "failed", inputs(start, rsa, answer(b"E" * 122, 0x101)))
    write("tpm_keys", "no-answer", inputs(start, rsa))


def psp_reply(how, data=b"", offset=0, err=0, status=0):
    """An answer of the PSP: how psp_reply_fuzz.c reads it."""
    return struct.pack("<BBHIQ", how, err, offset, 0, status) + data


def make_psp_reply():
    header = bytes(32) + struct.pack("<QQBBHBBHI", 2, 0, 1, 1, 96, 6, 1, 0x4C0, 0) + bytes(36)
    write("psp_reply", "true", psp_reply(3))
    write("psp_reply", "raw", psp_reply(0, header))
    write("psp_reply", "zeros", psp_reply(0))
    write("psp_reply", "tag", psp_reply(1, b"\0" * 16))
    write("psp_reply", "unused-tag", psp_reply(1, b"\xff" * 16, 16))
    write("psp_reply", "payload", psp_reply(1, b"\xff", 0x200))
    write("psp_reply", "sequence", psp_reply(2, struct.pack("<Q", 4), 0x20))
    write("psp_reply", "header", psp_reply(2, header[0x30:0x60], 0x30))
    write("psp_reply", "length", psp_reply(2, struct.pack("<H", 0x20), 0x36))
    write("psp_reply", "too-long", psp_reply(2, struct.pack("<H", 0xFFFF), 0x36))
    write("psp_reply", "status", psp_reply(2, struct.pack("<I", 0x16), 0x60))
    write("psp_reply", "report-bytes", psp_reply(2, struct.pack("<I", 0x4A1), 0x64))
    write("psp_reply", "report-data", psp_reply(2, b"\0", 0xD0))
    write("psp_reply", "firmware", psp_reply(3, status=0x16))
    write("psp_reply", "busy", psp_reply(3, status=2 << 32))
    write("psp_reply", "length-error", psp_reply(3, status=1 << 32))
    write("psp_reply", "kernel", psp_reply(3, err=15))


def psp_message(kind, body, vmpck=0, flags=3, version=1, size=None):
    """One message to the PSP, from its algorithm on; flags: 1 seal it, 2 with the next number."""
    covered = struct.pack("<BBHBBHIB35x", 1, 1, 0x60, kind, version, len(body) if size is None else size, 0, vmpck)
    return struct.pack("<BH", flags, len(covered + body)) + covered + body


def make_psp_request():
    def report(vmpl=0, key=0):
        return b"R" * 64 + struct.pack("<II24x", vmpl, key)

    def key(root=0, fields=0, vmpl=0, svn=0, tcb=0):
        return struct.pack("<IIQIIQ", root, 0, fields, vmpl, svn, tcb)

    tcb = 4 | 22 << 48 | 213 << 56
    messages = {
        "report": psp_message(5, report()),
        "report-refused": psp_message(5, report(vmpl=1), 2) + psp_message(5, report(key=2)),
        "key": psp_message(3, key(fields=0x3F, tcb=tcb)) + psp_message(3, key(1, vmpl=3), 3),
        "key-refused": psp_message(3, key(fields=0x40)) + psp_message(3, key(fields=0x20, tcb=tcb + 1)),
        "tsc-info": psp_message(17, bytes(128), 1) + psp_message(17, b"\1" + bytes(127), 1),
        "all-keys": b"".join(psp_message(17, bytes(128), n) for n in range(4)),
        "wrong-number": psp_message(5, report(), flags=1),
        "not-sealed": psp_message(5, report(), flags=0),
        "unknown-type": psp_message(7, bytes(64)) + psp_message(6, bytes(64)),
        "version-2": psp_message(3, key() + bytes(16), version=2),
        "short": psp_message(5, bytes(80)),
        "longest": psp_message(17, bytes(4000)),
        "too-long": psp_message(17, bytes(128), size=4016),
    }
    for name, data in messages.items():
        write("psp_request", name, data)


def make_insn():
    for name, code in (("in-al", "ec"), ("rep-outsw", "f3666f"), ("cpuid", "0fa2"), ("rdtscp", "0f01f9"),
                       ("rex-wrmsr", "480f30"), ("prefixes-only", "66" * 15), ("too-long", "66" * 14 + "0fa2"),
                       ("mov", "488b00"), ("vmmcall", "0f01d9")):
        write("insn_decode", name, bytes.fromhex(code))


def directory(*files):
    data = struct.pack(">I", len(files))
    for name, key, size in files:
        data += struct.pack(">IHH56s", size, key, 0, name)
    return data


def make_fwcfg():
    ram = struct.pack("<QQI", 0, 0xA0000, 1) + struct.pack("<QQI", 0x100000, 0x7FF00000, 1)
    wraps = struct.pack("<QQI", (1 << 64) - 4096, 8192, 1)
    good = directory((b"bootorder", 0x20, 10), (b"etc/e820", 0x21, 40)).ljust(256, b"\0")
    write("fwcfg", "good", good + ram)
    write("fwcfg", "wraps", good + wraps)
    write("fwcfg", "too-large", directory((b"etc/e820", 0x21, 0xFFFFFFFF)))
    write("fwcfg", "no-end-of-name", directory((b"etc/e820" * 7, 0x21, 40)))
    write("fwcfg", "many", struct.pack(">I", 0xFFFFFFFF))
    write("fwcfg", "cut", good[:100])


def make_route():
    reply = struct.pack("<IIIIQQQQI4x", 0, 1, 2, 7, 1, 2, 3, 4, 0)
    for name, head in (("answered", (1, 0, 0, 1, 0, 1)), ("refused", (1, 0, 0, 1, 5, 1)),
                       ("no-service", (1, 0, 0, 0, 0, 1)), ("pending-2", (2, 0, 0, 1, 0, 1)),
                       ("not-pending", (0, 0, 0, 1, 0, 1)), ("no-vmgexit", (1, 0, 0, 1, 0, 0)),
                       ("area-gone", (1, 1, 0, 1, 0, 1)), ("area-goes", (1, 0, 1, 1, 0, 1))):
        write("route", name, struct.pack("<6BH", *head, 0) + reply)
    write("route", "running", struct.pack("<6BH", 1, 0, 0, 1, 0, 1, 1) + reply)
    # An exit other than VMGEXIT, where the VMSA has it.
    vmsa = bytearray(0x400)
    vmsa[0x3C0] = 0x7B
    write("route", "other-exit", struct.pack("<6BH", 1, 0, 0, 1, 0, 0, 0) + reply + vmsa)


def make_cbor():
    for name, code in (("every-kind", "a8000101200241030361610482050605a107181806f507f6"),
                       ("numbers", "89001718181901001a000100001b00000001000000002038633bffffffffffffffff"),
                       ("keys", "a60a001864002000617a0062616100f400"), ("deep", "818181818181818100"),
                       ("too-deep", "81818181818181818100"), ("twice", "a201000100"),
                       ("text", "8460616162c3bc63e6b0b4"), ("float", "fb3ff199999999999a"), ("tag", "c11a514b67b0"),
                       ("open", "bf61610161629f0203ffff"), ("large", "9bffffffffffffffff00"),
                       ("long", "590100" + "5a" * 256)):
        write("cbor", name, bytes.fromhex(code))


def make_hello():
    for name, code in (("name", "a10063416461"), ("no-name", "a10060"), ("longest", "a1007840" + "6e" * 64),
                       ("too-long", "a1007841" + "6e" * 65), ("other-key", "a1016161"), ("two-keys", "a20061610102"),
                       ("not-text", "a10061ff"), ("empty", "a0")):
        write("hello", name, bytes.fromhex(code))


if __name__ == "__main__":
    make_hello()
    make_cbor()
    make_igvm()
    make_elf()
    make_ovmf()
    make_insn()
    make_fwcfg()
    make_route()
    make_core()
    make_attest()
    make_attest_cbor()
    make_tpm_keys()
    make_psp_reply()
    make_psp_request()
    make_kernel()
    make_message()
    make_memmap()
    make_vtpm()
