"""Builds images with keel-igvm and checks their layout with a reader that shares no code with it.

usage: image_test.py KEEL_IGVM
"""

import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

import made

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../tools"))
from measure import digest, igvm  # noqa: E402

TOOL = ""
REGION = 0x8000000000
PAGE = 4096
MEBIBYTE = 1 << 20


class Image:
    """An image, read: pages by gPA, inserts, region map fields."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        fixed = struct.unpack_from("<6I", self.bytes)
        assert fixed[:3] == (0x4D564749, 1, 24) and fixed[4] == len(self.bytes)
        checked = bytearray(self.bytes[:24 + fixed[3]])
        checked[20:24] = bytes(4)
        assert fixed[5] == zlib.crc32(checked)
        self.order = []
        self.pages = {}
        self.types = {}
        self.inserts = []
        self.required = []
        for kind, payload in igvm.Image(self.bytes).headers:
            self.order.append(kind)
            self.take(kind, payload)

    def take(self, kind, payload):
        if kind == 0x302:
            gpa, mask, offset, flags, data_type, _ = struct.unpack("<QIIIHH", payload)
            assert mask == 1 and flags == 0 and gpa not in self.pages
            self.pages[gpa] = self.bytes[offset:offset + PAGE] if offset else bytes(PAGE)
            self.types[gpa] = data_type
        elif kind == 0x303:
            self.inserts.append(struct.unpack("<QII", payload)[0])
        elif kind == 0x305:
            self.required.append(struct.unpack("<QII", payload[:16])[::2])
        elif kind == 0x304:
            gpa, _, offset, index, _ = struct.unpack("<QIIHH", payload)
            assert gpa == 0xFFFFFFFFF000 and index == 0
            self.vmsa = self.bytes[offset:offset + PAGE]
        elif kind == 0x101:
            self.policy = struct.unpack_from("<Q", payload)[0]

    def u64(self, gpa):
        return struct.unpack_from("<Q", self.pages[gpa & ~0xFFF], gpa & 0xFFF)[0]

    def walk(self, root, levels, va):
        """The leaf entry for va, or None; checks that directories are plain."""
        for level in range(levels, 0, -1):
            value = self.u64(root + 8 * (va >> (3 + 9 * level) & 511))
            if not value & 1:
                return None
            if level > 1:
                assert value & 0xFFF == 0x23, hex(value)
                root = value & ~0xFFF
        return value


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.inputs = {"stub": made.stub(), "kernel": made.kernel(), "firmware": made.firmware(),
                       "core": made.service()}

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_tool(self, *args):
        return subprocess.run([TOOL, *args], capture_output=True, text=True, timeout=60)

    def build(self, *more, output="keel.igvm", services=("core",)):
        for name, data in self.inputs.items():
            with open(self.path(name), "wb") as file:
                file.write(data)
        args = ["build", "--output", self.path(output)]
        for name in ("stub", "kernel", "firmware"):
            args += ["--" + name, self.path(name)]
        for name in services:
            args += ["--service", f"{name}={self.path(name)}"]
        return self.run_tool(*args, *more)

    def built(self, *more, **options):
        result = self.build(*more, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return Image(self.path(options.get("output", "keel.igvm")))


class Layout(Case):
    def test_order_of_headers(self):
        image = self.built()
        self.assertEqual(image.order[:8], [1, 0x101, 0x301, 0x30C, 0x303, 0x301, 0x307, 0x303])
        self.assertEqual(set(image.order[8:-2]), {0x302})
        self.assertEqual(image.order[-2:], [0x305, 0x304])
        self.assertEqual(list(image.pages), sorted(image.pages))
        self.assertEqual(image.policy, 0x30000)

    def test_map_and_kernel(self):
        image = self.built()
        page = image.pages[REGION]
        magic, version, size, base, length, flags, vmpl, pages = struct.unpack_from("<QIIQQIII", page)
        self.assertEqual(magic.to_bytes(8, "little"), b"\x01KeelMap")
        self.assertEqual((version, size), (2, 2688))
        self.assertEqual((base, length, flags, vmpl), (REGION, 0x800000, 0, 2))
        # map, text 2, rodata 1, data 3, three special pages, service 2 + 1 + 1
        self.assertEqual(pages, 1 + 6 + 3 + 4)
        secrets, memory_map, vp_count = struct.unpack_from("<III", page, 44)
        self.assertEqual((secrets, memory_map, vp_count), (0x7000, 0x8000, 0x9000))
        self.assertEqual(image.types[REGION + secrets], 1)
        self.assertEqual(image.inserts, [REGION + memory_map, REGION + vp_count])
        covered = [g for g in image.pages if g >= REGION] + image.inserts
        self.assertEqual(sorted(covered), [REGION + i * PAGE for i in range(pages)])
        self.assertEqual(image.required, [(REGION + pages * PAGE, 0x800000 - pages * PAGE)])
        count = struct.unpack_from("<I", page, 68)[0]
        segments = [struct.unpack_from("<IIIIQ", page, 96 + 24 * i) for i in range(count)]
        va = made.KERNEL_VA
        self.assertEqual(segments, [(0x1000, 2, 0, 5, va + 0x1000), (0x3000, 1, 0, 1, va + 0x3000),
                                    (0x4000, 3, 0, 3, va + 0x4000)])
        text = image.pages[REGION + 0x1000] + image.pages[REGION + 0x2000]
        self.assertEqual(text, b"T" * 5000 + bytes(2 * PAGE - 5000))
        self.assertEqual(image.pages[REGION + 0x6000], bytes(PAGE))

    def test_service(self):
        page = self.built().pages[REGION]
        name, entry, count, _ = struct.unpack_from("<16sQII", page, 192)
        self.assertEqual((name.rstrip(b"\0"), entry, count), (b"core", 0x400000, 3))
        segments = [struct.unpack_from("<IIIIQ", page, 224 + 24 * i) for i in range(count)]
        self.assertEqual(segments, [(0xA000, 2, 0, 5, 0x400000), (0xC000, 1, 0, 1, 0x402000),
                                    (0xD000, 1, 2, 3, 0x403000)])

    def test_hash_of_service(self):
        image = self.built()
        digest = hashlib.sha384()
        for i in range(3):
            offset, pages, zeros, flags, va = struct.unpack_from("<IIIIQ", image.pages[REGION], 224 + 24 * i)
            digest.update(struct.pack("<QQQ", va, (pages + zeros) * PAGE, flags))
            for page in range(pages):
                digest.update(image.pages[REGION + offset + page * PAGE])
        self.assertEqual(image.pages[REGION][320:368], digest.digest())

    def test_firmware(self):
        image = self.built()
        base = (1 << 32) - len(self.inputs["firmware"])
        data = b"".join(image.pages[g] for g in range(base, 1 << 32, PAGE))
        self.assertEqual(data, self.inputs["firmware"])
        page = image.pages[REGION]
        gpa, size, sections, services = struct.unpack_from("<QQII", page, 72)
        self.assertEqual((gpa, size, sections, services), (base, 0x4000, 6, 1))
        read = [struct.unpack_from("<III", page, 2304 + 16 * i) for i in range(sections)]
        self.assertEqual(read, sorted(made.SECTIONS))

    def test_low_memory_and_start(self):
        image = self.built("--la57")
        low, pages, cpuid = struct.unpack_from("<III", image.pages[REGION], 56)
        self.assertEqual(low, 0x10000)
        self.assertEqual([g for g in image.pages if g < 0xA0000],
                         [low + i * PAGE for i in range(pages)])
        self.assertEqual(image.types[cpuid], 2)
        rip, rbx = (struct.unpack_from("<Q", image.vmsa, at)[0] for at in (0x178, 0x318))
        self.assertEqual(rip, low)
        self.assertEqual(image.pages[rip][:101], b"\x90" * 100 + b"\0")
        params = struct.unpack_from("<6IQQ", image.pages[rbx], rbx & 0xFFF)
        self.assertEqual((params[0], params[5]), (cpuid, 1))
        self.assertEqual(params[6:], (made.KERNEL_VA + 0x1010, made.KERNEL_VA + 0x7000))
        self.assertEqual(params[1] + params[2] * PAGE, low + pages * PAGE)

    def test_vmsa(self):
        vmsa = self.built().vmsa
        fields = {0x12: ("<HI", (0xC9B, 0xFFFFFFFF)), 0x22: ("<HI", (0xC93, 0xFFFFFFFF)),
                  0x72: ("<H", (0x82,)), 0x92: ("<H", (0x8B,)), 0xCA: ("<B", (0,)),
                  0xD0: ("<Q", (0x1000,)), 0x148: ("<Q", (0x40,)), 0x158: ("<Q", (0x31,)),
                  0x160: ("<Q", (0x400,)), 0x168: ("<Q", (0xFFFF0FF0,)), 0x170: ("<Q", (2,)),
                  0x268: ("<Q", (0x0007040600070406,)), 0x3B0: ("<Q", (1,)),
                  0x3E8: ("<Q", (1,)), 0x408: ("<I", (0x1F80,)), 0x410: ("<H", (0x37F,))}
        for at, (layout, value) in fields.items():
            self.assertEqual(struct.unpack_from(layout, vmsa, at), value, hex(at))


class BootTables(Case):
    def check(self, levels, gap=0):
        self.inputs["kernel"] = made.kernel(gap)
        image = self.built()
        rbx = struct.unpack_from("<Q", image.vmsa, 0x318)[0]
        params = struct.unpack_from("<6I", image.pages[rbx])
        root = params[3] if levels == 4 else params[4]
        low_pages = struct.unpack_from("<I", image.pages[REGION], 60)[0]
        return image, root, low_pages

    def leaf(self, gpa, write, execute):
        return gpa | 0x61 | (2 if write else 0) | (0 if execute else 1 << 63)

    def test_all_mappings(self):
        kinds = {0: "r", 1: "x", 2: "x", 3: "r", 4: "w", 5: "w", 6: "w", 7: "w", 8: "w", 9: "w",
                 10: "r", 11: "r", 12: "r", 13: "r"}
        for levels in (4, 5):
            image, root, low_pages = self.check(levels)
            for i in range(2048):
                kind = kinds.get(i, "w")
                got = image.walk(root, levels, made.KERNEL_VA + i * PAGE)
                want = self.leaf(REGION + i * PAGE, kind == "w", kind == "x")
                self.assertEqual(got, want, f"{levels} levels, region page {i}")
            self.assertIsNone(image.walk(root, levels, made.KERNEL_VA + 0x800000))
            for i in range(low_pages):
                gpa = 0x10000 + i * PAGE
                self.assertEqual(image.walk(root, levels, gpa), self.leaf(gpa, i > 0, i == 0))
            self.assertIsNone(image.walk(root, levels, 0xF000))
            self.assertIsNone(image.walk(root, levels, 0x10000 + low_pages * PAGE))

    def test_a_gap_in_the_kernel_guards(self):
        image, root, _ = self.check(4, gap=0x2000)
        for page in (4, 5):
            self.assertIsNone(image.walk(root, 4, made.KERNEL_VA + page * PAGE))
            self.assertEqual(image.pages[REGION + page * PAGE], bytes(PAGE))
        self.assertEqual(image.walk(root, 4, made.KERNEL_VA + 6 * PAGE),
                         self.leaf(REGION + 6 * PAGE, True, False))

    def test_no_page_is_writable_and_executable(self):
        image, root, low_pages = self.check(4)
        for va in [made.KERNEL_VA + i * PAGE for i in range(2048)] + [
                0x10000 + i * PAGE for i in range(low_pages)]:
            leaf = image.walk(root, 4, va)
            self.assertTrue(leaf >> 63 or not leaf & 2, hex(va))


class Output(Case):
    def test_the_same_bytes_from_two_folders(self):
        first = self.built().bytes
        with tempfile.TemporaryDirectory() as other:
            self.folder.cleanup()
            self.folder = tempfile.TemporaryDirectory(dir=other)
            self.assertEqual(self.built(output="x").bytes, first)

    def test_same_contents_are_stored_once(self):
        few = len(self.built().bytes)
        self.inputs["other"] = self.inputs["core"]
        many = len(self.built(services=("core", "other")).bytes)
        # Four more headers of 32 bytes may cost one page; the table and map pages change in place.
        self.assertLessEqual(many - few, PAGE)

    def test_digest(self):
        first = self.built()
        self.inputs["core"] = made.service(b"s")
        other = self.built(output="other")
        one, two = (digest.launch(igvm.Image(image.bytes)).value for image in (first, other))
        self.assertNotEqual(one, two)

    def test_show(self):
        self.built("--guest-vmpl", "3", "--la57", "--region-base", "0x4000000000")
        result = self.run_tool("show", self.path("keel.igvm"), "--json")
        self.assertEqual(result.returncode, 0)
        shown = json.loads(result.stdout)
        self.assertEqual(shown["file_bytes"], os.path.getsize(self.path("keel.igvm")))
        self.assertEqual((shown["policy"], shown["platform"]), (0x30000, "snp"))
        self.assertEqual((shown["guest_vmpl"], shown["la57"]), (3, True))
        self.assertEqual((shown["region_base"], shown["region_bytes"]), (0x4000000000, 0x800000))
        self.assertEqual((shown["services"], shown["image_bytes"]), (["core"], 14 * PAGE))
        self.assertEqual((shown["firmware_gpa"], shown["firmware_bytes"]), (0xFFFFC000, 0x4000))
        self.assertEqual(shown["pages"]["secrets"], 1)
        self.assertEqual(shown["pages"]["cpuid"], 1)
        # 11 of the region, 4 of the firmware; stub, parameters and 11 tables
        self.assertEqual(shown["pages"]["normal"], 11 + 4 + 13)
        text = self.run_tool("show", self.path("keel.igvm"))
        self.assertEqual(text.returncode, 0)
        for word in ("guest: VMPL 3", "entry stub", "secrets page", "core", "pool", "5 levels"):
            self.assertIn(word, text.stdout)

    def test_region_by_what_is_put_in(self):
        """8 MiB, doubled until the image takes at most a third of it; kernel and special pages count, too."""
        rest = 10
        third = 8 * MEBIBYTE // 3 // PAGE
        for pages, mebibytes in ((third - rest, 8), (third + 1 - rest, 16), (2 * third, 32)):
            with self.subTest(pages):
                self.inputs["large"] = made.elf(0x400000, [(0x400000, made.R | made.X, b"T", pages * PAGE)])
                self.built(services=("large",))
                shown = json.loads(self.run_tool("show", self.path("keel.igvm"), "--json").stdout)
                self.assertEqual(shown["image_bytes"], (pages + rest) * PAGE)
                self.assertEqual(shown["region_bytes"], mebibytes * MEBIBYTE)

    def test_show_refuses_damage(self):
        self.built()
        with open(self.path("keel.igvm"), "rb") as file:
            good = bytearray(file.read())
        for name, at, defect in (("magic", 0, "the magic is wrong"), ("crc", 20, "checksum"),
                                 ("header", 64, "checksum")):
            bad = bytearray(good)
            bad[at] ^= 1
            self.refused_by_show(name, bad, defect)
        self.refused_by_show("cut", good[:-1], "shorter or longer")
        self.refused_by_show("short", good[:20], "too short")
        self.refused_by_show("empty", b"", "is empty")
        self.refused_by_show("text", b"This is not an image." * 9, "the magic is wrong")

    def test_show_refuses_a_damaged_map(self):
        # Page data has no checksum: the map's counts are checked where they are used.
        self.built()
        with open(self.path("keel.igvm"), "rb") as file:
            good = file.read()
        start = good.index(b"\x01KeelMap")
        for name, at, defect in (("magic", 0, "no Keel image map"), ("base", 16, "no Keel image"),
                                 ("version", 8, "image map version"), ("size", 12, "image map"),
                                 ("segments", 68, "impossible counts"),
                                 ("sections", 88, "impossible counts"),
                                 ("services", 92, "impossible counts"),
                                 ("service", 192 + 24, "impossible segments")):
            bad = bytearray(good)
            bad[start + at] ^= 0x80
            self.refused_by_show(name, bad, defect)

    def refused_by_show(self, name, data, defect):
        with open(self.path(name), "wb") as file:
            file.write(data)
        for extra in ([], ["--json"]):
            result = self.run_tool("show", self.path(name), *extra)
            self.assertEqual((result.returncode, result.stdout), (1, ""), name)
            self.assertRegex(result.stderr, r"\Akeel-igvm: \S+: [^\n]+; [^\n]+\n\Z")
            self.assertIn(defect, result.stderr)


class Refusals(Case):
    def refused(self, what, *more, **options):
        result = self.build(*more, **options)
        self.assertEqual(result.returncode, 1, what)
        self.assertRegex(result.stderr, r"\Akeel-igvm: [^\n]+: [^\n]+; [^\n]+\n\Z")
        self.assertIn(what, result.stderr)
        self.assertFalse(os.path.exists(self.path("keel.igvm")), what)

    def test_elf(self):
        text, r, w, x = made.KERNEL_VA + 0x1000, made.R, made.W, made.X
        good = [(text, r | x, b"T", 1), (text + 0x1000, r | w, b"D", 1)]
        rows = [
            (made.elf(text, good, magic=b"\x7fELG"), "is no ELF file"),
            (made.elf(text, good, magic=b"\x7fELF\x01\x01"), "no 64-bit x86"),
            (made.elf(text, good, machine=183), "no 64-bit x86"),
            (made.elf(text, good, type=3), "no static program"),
            (made.elf(text, good, phentsize=55), "program headers of a wrong size"),
            (made.elf(text, good, phnum=0), "none or more than 64"),
            (made.elf(text, good, phnum=65), "none or more than 64"),
            (made.elf(text, good, phoff=1 << 40), "program headers beyond"),
            (made.elf(text, good, phoff=(1 << 64) - 8), "program headers beyond"),
            (made.elf(text, good, ptype=2), "is dynamic"),
            (made.elf(text, good, ptype=7), "thread-local"),
            (made.elf(text, good, ptype=6), "entry point outside"),
            (made.elf(text + 1, good), "entry point outside"),
            (made.elf(text + 0x1000, good), "entry point outside"),
            (made.elf(text, [(text, r | w | x, b"T", 1)]), "both writable and executable"),
            (made.elf(text, [(text, x, b"T", 1)]), "not readable"),
            (made.elf(text, [(text + 8, r | x, b"T", 1)]), "does not start on a page"),
            (made.elf(text, [(text, r | x, b"TT", 1)]), "larger in the file"),
            (made.elf(text, [(text, r | x, b"T", 1 << 63)]), "wraps"),
            (made.elf(text, [(text, r | x, b"T", 1)] * 2), "overlap"),
            (made.elf(text, good[::-1]), "overlap or are not ascending"),
            (made.elf(text, [(text + i * PAGE, r | x, b"T", 1) for i in range(9)]), "too many"),
            (made.elf(text, [(text + i * PAGE, r | x, b"T", 1) for i in range(5)]),
             "5 load segments"),
            (made.elf(text, good[:1]), "no writable segment"),
            (made.elf(0x400000, [(0x400000, r | x, b"T", 1)]), "outside the region"),
            (made.elf(text, [good[0], (text + 0x1000, r | w, b"", 0x800000)]),
             "outside the region"),
            (made.elf(text, [good[0], (text + 0x1000, r | w, b"", 0x7FC000)]),
             "fills the region"),
            (made.elf(text, good)[:5000], "load segment beyond"),
            (b"\x7fELF", "too short"),
        ]
        for data, what in rows:
            with self.subTest(what):
                self.inputs["kernel"] = data
                self.refused(what, "--region-size", "0x800000")

    def test_stub(self):
        r, w, x = made.R, made.W, made.X
        rows = [
            (made.elf(0x11000, [(0x11000, r | x, b"T", 1)]), "does not start with its entry"),
            (made.elf(0x10001, [(0x10000, r | x, b"TT", 2)]), "does not start with its entry"),
            (made.elf(0x10000, [(0x10000, r | x, b"T", 1), (0x11000, r | w, b"D", 1)]), "writable"),
            (made.elf(0x10000, [(0x10000, r | x, b"T", 0x90001)]), "outside low memory"),
            (made.elf(0x10000, [(0x10000, r | x, b"T", 0x90000)]), "with the boot tables"),
        ]
        for data, what in rows:
            with self.subTest(what):
                self.inputs["stub"] = data
                self.refused(what)

    def test_services(self):
        r, x = made.R, made.X
        self.inputs["bad"] = made.elf(0x300000, [(0x300000, r | x, b"T", 1)])
        self.refused("outside a service's image", services=("bad",))
        self.inputs["big"] = made.elf(0x400000, [(0x400000, r | x, b"T", 0x800000)])
        self.refused("does not fit the region", "--region-size", "0x800000", services=("big",))
        self.inputs["NO"] = made.service()
        self.refused("has the service name 'NO'", services=("NO",))
        self.refused("is a second service 'core'", services=("core", "core"))

    def test_firmware(self):
        s = made.SECTIONS
        no = [x for x in s if x[2] not in (1, 2)]
        rows = [
            (made.firmware(table=False), "no OVMF table"),
            (made.firmware(metadata=False), "no SEV metadata"),
            (made.firmware()[:-1], "whole pages"),
            (made.firmware(offset=0xFFFFFFFF), "metadata outside"),
            (made.firmware(offset=8), "metadata outside"),
            (made.firmware(offset=0x20), "without its signature"),
            (made.firmware(signature=b"ASEW"), "without its signature"),
            (made.firmware(version=2), "version other than 1"),
            (made.firmware(count=7), "too many sections or a wrong"),
            (made.firmware(count=0xFFFFFFFF, length=4), "too many sections"),
            (made.firmware(sections=s + [(0x900000, 0x1000, 9)]), "unknown type"),
            (made.firmware(sections=s + [(0x900800, 0x1000, 1)]), "not page aligned"),
            (made.firmware(sections=s + [(0x900000, 0x800, 1)]), "not page aligned"),
            (made.firmware(sections=s + [(0x900000, 0, 1)]), "is empty"),
            (made.firmware(sections=s + [(0xFFFF0000, 0xF000, 1)]), "reaches into the firmware"),
            (made.firmware(sections=s + [(0x801000, 0x1000, 1)]), "overlap"),
            (made.firmware(sections=s + [(0x900000, 0x1000, 2)]), "exactly one secrets"),
            (made.firmware(sections=no), "exactly one secrets"),
            (made.firmware(sections=[x for x in s if x[2] != 4]), "exactly one SVSM calling area"),
            (made.firmware(sections=s + [(0x900000, 0x2000, 4)]), "more than one page"),
            (made.firmware(sections=s + [(0x900000 + i * 0x2000, 0x1000, 1) for i in range(19)]),
             "too many sections"),
            (b"F" * 0x1001000, "whole pages up to 16 MiB"),
        ]
        for data, what in rows:
            with self.subTest(what):
                self.inputs["firmware"] = data
                self.refused(what)

    def test_region(self):
        rows = [
            (("--region-base", "0x8000001000"), "no multiple of 2 MiB"),
            (("--region-size", "4096"), "no multiple of 2 MiB"),
            (("--region-size", "0"), "is not within"),
            (("--region-size", "0x40000000"), "is not within"),
            (("--region-base", "0"), "below 1 MiB"),
            (("--region-base", "0x800000000000"), "reaches gPA bit 47"),
            (("--region-base", "0xffe00000"), "is below 1 MiB or reaches|overlaps the region"),
            (("--region-base", "0x800000"), "has a section in the region"),
        ]
        for more, what in rows:
            with self.subTest(what):
                result = self.build(*more)
                self.assertEqual(result.returncode, 1)
                self.assertRegex(result.stderr, what)

    def test_missing_and_empty_files(self):
        self.inputs["kernel"] = b""
        self.refused("is empty")
        result = self.build("--kernel", self.path("absent"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("absent: cannot be opened: No such file", result.stderr)
        result = self.build("--output", self.path("no/such/folder"))
        self.assertEqual(result.returncode, 1)

    def test_usage(self):
        rows = [
            (), ("frob",), ("build",), ("show",), ("show", "a", "b"), ("show", "--frob"),
            ("build", "--frob"), ("build", "--guest-vmpl", "0"), ("build", "--guest-vmpl", "4"),
            ("build", "--region-size", "8M"), ("build", "--region-size", "-1"),
            ("build", "--policy", "0x10000", "--stub", "a", "--kernel", "a", "--firmware", "a",
             "--output", "a"),
            ("build", "--service", "core"), ("build", "--service", "=x"), ("build", "extra"),
            ("build", "--service", "a-name-of-17-char=x"), ("build", "--stub"),
            ("build",) + ("--service", "a=b") * 9,
        ]
        for args in rows:
            with self.subTest(args):
                result = self.run_tool(*args)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertNotEqual(result.stderr, "")
        for args in (("--help",), ("build", "--help"), ("show", "--help")):
            result = self.run_tool(*args)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            for option in ("--stub", "--kernel", "--firmware", "--service", "--guest-vmpl",
                           "--region-base", "--region-size", "--la57", "--policy", "--output",
                           "--json"):
                self.assertIn(option, result.stdout)


if __name__ == "__main__":
    TOOL = sys.argv.pop(1)
    program = unittest.main(exit=False, verbosity=1)
    result = program.result
    failed = len({id(test) for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed != 0)
