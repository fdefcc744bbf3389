"""tools/keel measure: the digest by hand, damaged files, the ID block and its signatures, the command's usage.

Usage: measure_test.py KEEL_IGVM     (the reader in C has to take what the command writes)
"""

import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, '../../../..'))
KEEL = os.path.join(ROOT, 'tools', 'keel')
for folder in (os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'test', 'system')):
    sys.path.insert(0, folder)

import counted  # noqa: E402
import small  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: E402
from measure import digest, igvm, snp_key, vmsa  # noqa: E402

TOOL = ''
# RFC 6979, A.2.6: key, and the signature of "sample" with SHA-384.
RFC_KEY = 0x6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5
RFC_R = 0x94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46
RFC_S = 0x99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8


def info(before, page_type, gpa, contents=bytes(48)):
    """One step of the digest, written out."""
    return hashlib.sha384(before + contents + b'\x70\0' + bytes([page_type]) + bytes(5) +
                          gpa.to_bytes(8, 'little')).digest()


def sha(data):
    """SHA-384."""
    return hashlib.sha384(data).digest()


class Digest(unittest.TestCase):
    """What counts and what does not."""

    def test_by_hand(self):
        """Each kind of page, in the file's order, the registers last."""
        zeros = sha(bytes(4096))
        value = info(bytes(48), 4, 0x2000)
        value = info(value, 4, 0x3000)
        value = info(value, 1, 0x10000, sha(small.DATA))
        value = info(value, 5, 0x11000)
        value = info(value, 6, 0x12000)
        for gpa in (0x20000, 0x21000, 0x22000):
            value = info(value, 1, gpa, zeros)
        value = info(value, 2, 0xFFFFFFFFF000, sha(small.VMSA))
        found = digest.launch(igvm.Image(small.image()))
        self.assertEqual(found.value, value)
        self.assertEqual(found.pages, {'parameter': 2, 'normal': 4, 'secrets': 1, 'cpuid': 1, 'vmsa': 1})

    def test_hosts(self):
        """Other CPUs' registers and pages of zeros as such count where a host does it so."""
        image = igvm.Image(small.image())
        one = digest.launch(image).value
        reset = sha(vmsa.reset(1, 0xA00F11))
        two = info(info(one, 2, 0xFFFFFFFFF000, reset), 2, 0xFFFFFFFFF000, reset)
        self.assertEqual(digest.launch(image, 3, 0xA00F11).value, two)
        self.assertNotEqual(digest.launch(image, 3, 0xA00F12).value, two)
        typed = digest.launch(image, zero_type=True)
        self.assertNotEqual(typed.value, one)
        self.assertEqual((typed.pages['zero'], typed.pages['normal']), (3, 1))

    def test_unmeasured(self):
        """A page that is not measured counts by its address alone."""
        found, start = small.headers(0)
        found[5] = small.page(0x10000, start, flags=2)
        one = digest.launch(igvm.Image(small.image(found, start)))
        two = digest.launch(igvm.Image(small.image(found, start, small.VMSA + small.VMSA)))
        self.assertEqual((one.value, one.pages['unmeasured']), (two.value, 1))

    def test_tampering(self):
        """Every byte of the data counts, and every byte that says where it goes."""
        good = small.image()
        wanted = digest.launch(igvm.Image(good)).value
        found, start = small.headers()
        for at in (start, start + 4095, start + 4096, start + 8191):
            bad = bytearray(good)
            bad[at] ^= 1
            self.assertNotEqual(digest.launch(igvm.Image(bytes(bad))).value, wanted, at)
        for index in (4, 5, 6, 7, 8, 12):
            kind, payload = found[index]
            changed = list(found)
            changed[index] = kind, struct.pack('<Q', struct.unpack_from('<Q', payload)[0] ^ 1 << 20) + payload[8:]
            self.assertNotEqual(digest.launch(igvm.Image(small.image(changed, start))).value, wanted, index)
        changed = found[:8] + found[9:]
        self.assertNotEqual(digest.launch(igvm.Image(small.image(changed, start))).value, wanted)

    def test_policy_and_memory_do_not_count(self):
        """The PSP reports the policy apart; required memory is not measured."""
        found, start = small.headers()
        changed = [(kind, payload) for kind, payload in found if kind != 0x305]
        changed[1] = 0x101, struct.pack('<QII', 0xB0000, 1, 0)
        self.assertEqual(digest.launch(igvm.Image(small.image(changed, start))).value,
                         digest.launch(igvm.Image(small.image(found, start))).value)


class Refusals(unittest.TestCase):
    """A file that is not understood whole has no digest."""

    def refused(self, what, data):
        """DATA are refused for WHAT."""
        with self.assertRaisesRegex(igvm.Invalid, what):
            digest.launch(igvm.Image(data))

    def test_prefixes(self):
        """Every shorter file."""
        good = small.image()
        for size in range(len(good)):
            with self.assertRaises(igvm.Invalid):
                igvm.Image(good[:size])

    def test_bits(self):
        """Every bit of the fixed and the variable headers."""
        good = small.image()
        end = 24 + struct.unpack_from('<I', good, 12)[0]
        for bit in range(end * 8):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(igvm.Invalid):
                igvm.Image(bytes(bad))

    def test_headers(self):
        """Headers that are wrong under a right checksum."""
        found, start = small.headers()
        rows = [
            ('unknown type 0x309', {8: (0x309, bytes(8))}),
            ('wrong size', {8: (0x302, bytes(16))}),
            ('SEV-SNP alone', {0: (1, struct.pack('<IBBHQ', 1, 0, 3, 1, 0))}),
            ('SEV-SNP alone', {2: (1, small.PLATFORM)}),
            ('guest policy', {2: (0x101, small.POLICY)}),
            ('does not declare', {4: (0x303, struct.pack('<QII', 0x2000, 1, 6))}),
            ('is shared', {5: small.page(0x10000, start, flags=4)}),
            ('is shared', {5: small.page(0x10000, start, flags=1)}),
            ('is shared', {5: small.page(0x10000, start, kind=3)}),
            ('beyond its end', {5: small.page(0x10000, start + 4097)}),
            ('VP context', {11: found[12]}),
            ('VP context', {12: found[11]}),
        ]
        for what, changes in rows:
            with self.subTest(what):
                changed = [changes.get(index, header) for index, header in enumerate(found)]
                self.refused(what, small.image(changed, start))
        self.refused('version is 2', small.image()[:4] + b'\2' + small.image()[5:])
        self.refused('no IGVM file', b'an image of another kind')
        self.refused('too short', b'IGVM')


class Signatures(unittest.TestCase):
    """SNP's form of keys and signatures."""

    def test_rfc6979(self):
        """The published vector."""
        private = ec.derive_private_key(RFC_KEY, ec.SECP384R1())
        self.assertEqual(snp_key.sign(private, b'sample'), (RFC_R, RFC_S))

    def test_form(self):
        """Little-endian, 72 bytes each, and the library agrees."""
        private = small.key(1)
        signature = snp_key.signature_bytes(private, b'data')
        r, s = (int.from_bytes(signature[at:at + 72], 'little') for at in (0, 72))
        private.public_key().verify(encode_dss_signature(r, s), b'data', ec.ECDSA(hashes.SHA384()))
        self.assertEqual((len(signature), signature[48:72], signature[144:]), (512, bytes(24), bytes(368)))
        key = snp_key.public_bytes(private.public_key())
        x = private.public_key().public_numbers().x
        self.assertEqual((len(key), key[:4], key[4:76]), (1028, b'\2\0\0\0', x.to_bytes(72, 'little')))

    def test_verifies(self):
        """Only this key's signature of these bytes, in this form."""
        public = small.key(1).public_key()
        good = snp_key.signature_bytes(small.key(1), b'data')
        self.assertTrue(snp_key.verifies(public, good, b'data'))
        self.assertFalse(snp_key.verifies(public, good, b'Data'))
        self.assertFalse(snp_key.verifies(small.key(2).public_key(), good, b'data'))
        order = snp_key.ORDER.to_bytes(72, 'little')
        for bad in (good[:511] + b'\1', bytes(512), good[:72] + bytes(440), order + good[72:],
                    good[:72] + order + good[144:], bytes([good[0] ^ 1]) + good[1:]):
            self.assertFalse(snp_key.verifies(public, bad, b'data'))


class Command(unittest.TestCase):
    """tools/keel measure as users call it."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.put('image', small.image())
        self.put('id.pem', small.pem(small.key(1)))
        self.put('author.pem', small.pem(small.key(2)))

    def path(self, name):
        """A file of this test."""
        return os.path.join(self.folder.name, name)

    def put(self, name, data):
        """Write a file."""
        with open(self.path(name), 'wb') as file:
            file.write(data)
        return self.path(name)

    def get(self, name):
        """Read one."""
        with open(self.path(name), 'rb') as file:
            return file.read()

    def keel(self, *words, status=0):
        """Run; returns what it prints."""
        done = subprocess.run([KEEL, 'measure', *words], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        return done.stdout if status == 0 else done.stderr

    def json(self, *words):
        """Run with --json."""
        return json.loads(self.keel(*words, '--json'))

    def test_digest(self):
        """A line as sha256sum has it, or JSON."""
        wanted = digest.launch(igvm.Image(small.image())).value.hex()
        self.assertRegex(self.keel(self.path('image')), rf'\A{wanted}  \S*image\n\Z')
        out = self.json(self.path('image'))
        self.assertEqual((out['launch_digest'], out['policy'], out['has_id_block']), (wanted, 0x30000, False))
        self.assertEqual(out['sha256'], hashlib.sha256(small.image()).hexdigest())

    def test_id_block(self):
        """The two structures: fields in their places, signatures that the library takes."""
        out = self.json(self.path('image'), '--id-key', self.path('id.pem'), '--author-key', self.path('author.pem'),
                        '--family-id', 'family', '--image-id', '000102030405060708090a0b0c0d0e0f', '--svn', '5',
                        '--policy', '0xb0000', '--id-block', self.path('block'), '--id-auth', self.path('auth'))
        block, auth = self.get('block'), self.get('auth')
        self.assertEqual(block, bytes.fromhex(out['launch_digest']) + b'family'.ljust(16, b'\0') + bytes(range(16)) +
                         struct.pack('<IIQ', 1, 5, 0xB0000))
        self.assertEqual((len(auth), struct.unpack_from('<II', auth), any(auth[8:0x40])), (4096, (1, 1), False))
        key, author = auth[0x240:0x644], auth[0x880:0xC84]
        self.assertEqual(key, snp_key.public_bytes(small.key(1).public_key()))
        self.assertEqual(author, snp_key.public_bytes(small.key(2).public_key()))
        self.assertTrue(snp_key.verifies(small.key(1).public_key(), auth[0x40:0x240], block))
        self.assertTrue(snp_key.verifies(small.key(2).public_key(), auth[0x680:0x880], key))
        self.assertEqual((any(auth[0x644:0x680]), any(auth[0xC84:])), (False, False))
        self.assertEqual((out['id_key_digest'], out['author_key_digest']), (sha(key).hex(), sha(author).hex()))

    def test_without_author(self):
        """No author: algorithm, signature and key are zeros."""
        self.keel(self.path('image'), '--id-key', self.path('id.pem'), '--id-auth', self.path('auth'))
        auth = self.get('auth')
        self.assertEqual((auth[:8], any(auth[0x680:])), (struct.pack('<II', 1, 0), False))

    def signed(self, source, output, *words):
        """Put an ID block into a copy; returns it read."""
        self.keel(self.path(source), '--id-key', self.path('id.pem'), '--output', self.path(output), *words)
        return igvm.Image(self.get(output))

    def test_image(self):
        """The header says what the structures say, the rest of the file stays, and it is the same each time."""
        before = igvm.Image(small.image())
        image = self.signed('image', 'one', '--author-key', self.path('author.pem'), '--svn', '5', '--id-auth',
                            self.path('auth'), '--policy', '0x20000')
        again = self.signed('one', 'two', '--author-key', self.path('author.pem'), '--svn', '5')
        self.assertEqual(image.data, again.data)
        payload, = image.of(igvm.ID_BLOCK)
        auth = self.get('auth')
        self.assertEqual(payload[:8], b'\1\0\0\0\1\0\0\0')
        self.assertEqual(payload[8:56], digest.launch(before).value)
        self.assertEqual(struct.unpack_from('<IIII', payload, 88), (1, 5, 1, 1))
        self.assertEqual((payload[104:248], payload[400:544]), (auth[0x40:0xD0], auth[0x680:0x710]))
        for at, where in ((248, 0x240), (544, 0x880)):
            self.assertEqual((payload[at:at + 8], payload[at + 8:at + 152]), (b'\2' + bytes(7), auth[where + 4:][:144]))
        self.assertEqual((image.policy, before.policy), (0x20000, 0x30000))
        self.assertEqual(digest.launch(image).value, digest.launch(before).value)
        self.assertTrue(self.json(self.path('one'))['has_id_block'])

    def test_image_that_grows(self):
        """Where the header makes the headers reach another page, all data moves."""
        for pages in (3, 100, 101, 115, 116, 117):
            self.put('image', small.image(*small.headers(pages)))
            image = self.signed('image', 'out')
            self.assertEqual(digest.launch(image).value, digest.launch(igvm.Image(self.get('image'))).value, pages)
            self.assertEqual(len(image.data) % 4096, 0)
        self.assertGreater(len(image.data), len(self.get('image')))

    def test_the_other_reader(self):
        """The reader in C takes what was written."""
        self.put('image', small.image(*small.headers(116)))
        self.signed('image', 'out')
        done = subprocess.run([TOOL, 'show', self.path('out')], capture_output=True, text=True, check=False)
        self.assertIn('map', done.stderr + done.stdout)
        self.assertNotIn('header', done.stderr)

    def test_usage(self):
        """Exit 2 with the reason, and nothing written."""
        image, key, out = self.path('image'), self.path('id.pem'), self.path('out')
        rows = [
            ((), 'required'), ((self.path('none'),), 'there is no file'), ((image, '--svn', '1'), 'needs --id-key'),
            ((image, '--id-key', key), 'a file to write'), ((image, '--vcpus', '2'), 'need each other'),
            ((image, '--vcpus', '0', '--output', out), 'no number'), ((image, '--output', image), 'different files'),
            ((image, '--cpu-signature', '1', '--output', out), 'need each other'),
            ((image, '--policy', '0x10000', '--output', out), 'bit 17'),
            ((image, '--policy', '0x4020000', '--output', out), 'no number'),
            ((image, '--id-key', key, '--image-id', 'seventeen letters', '--output', out), 'longer than 16'),
            ((image, '--id-key', key, '--id-block', out, '--id-auth', out), 'different files'),
        ]
        for words, what in rows:
            with self.subTest(words):
                self.assertIn(what, self.keel(*words, status=2))
                self.assertFalse(os.path.exists(out))

    def test_failures(self):
        """Exit 1 with one line: files that are not what they should be."""
        image, out = self.path('image'), self.path('out')
        self.put('p256.pem', small.pem(small.key(1, ec.SECP256R1)))
        self.put('public.pem', small.public_pem(small.key(1)))
        for name, what in (('p256.pem', 'not on the curve P-384'), ('public.pem', 'no such key'),
                           ('image', 'no such key')):
            for words in (('--id-key', self.path(name)), ('--id-key', self.path('id.pem'), '--author-key',
                                                          self.path(name))):
                said = self.keel(image, *words, '--output', out, status=1)
                self.assertRegex(said, r'\Akeel: [^\n]+\n\Z')
                self.assertIn(what, said)
        self.assertIn('no IGVM file', self.keel(self.path('id.pem'), status=1))
        self.assertFalse(os.path.exists(out))


if __name__ == '__main__':
    TOOL = sys.argv.pop(1)
    counted.main()
