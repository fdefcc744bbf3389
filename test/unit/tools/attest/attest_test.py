"""tools/keel attest verify: what is right holds; each thing that can be wrong is wrong once, and named."""

import datetime
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
DATA = os.path.join(ROOT, 'test', 'data', 'attest')
sys.path.insert(0, os.path.join(ROOT, 'test', 'system'))

import counted  # noqa: E402
import evidence  # noqa: E402
from attest import chain, manifest, verify  # noqa: E402
from attest.report import Malformed, Report  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from evidence import KEYS, MEASUREMENT, NONCE, POLICY, VTPM  # noqa: E402

FUTURE = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)


class Case(unittest.TestCase):
    """Verifies with what a verifier would know, unless told otherwise."""

    def verify(self, report=None, made=None, certificates=None, services=None, **known):
        """All checks: (names of those that fail, all names)."""
        made = made or evidence.chain()
        services = evidence.manifest() if services is None else services
        words = {'ark_fingerprint': chain.fingerprint(made['ark']), 'nonce': NONCE,
                 'measurements': {MEASUREMENT.hex(): 'the image'}, 'policy': POLICY, **known}
        found = verify.Evidence(evidence.report() if report is None else report,
                                list(made.values()) if certificates is None else certificates, services)
        checks = verify.verify(found, verify.Expected(**words))[0]
        self.assertEqual(checks.hold(), all(holds for _, holds, _ in checks.made))
        return [name for name, holds, _ in checks.made if not holds], [name for name, _, _ in checks.made]

    def fails(self, *names, **words):
        """Just these checks fail."""
        self.assertEqual(self.verify(**words)[0], list(names))


class Good(Case):
    """What holds."""

    def test_everything(self):
        """Every check there is, and all hold."""
        failed, made = self.verify(min_tcb={'bootloader': 4, 'snp': 22}, min_svn=5, host_data=bytes(32),
                                   id_key=KEYS['id'].public_key(), author_key=KEYS['author'].public_key())
        self.assertEqual(failed, [])
        self.assertEqual(made, [
            'format', 'certificates', 'root', 'ARK certificate', 'ASK certificate', 'signing key certificate',
            'validity', 'signature', 'kind of key', 'chip id', 'TCB of the key', 'report data', 'measurement', 'policy',
            'VMPL', 'minimum TCB', 'ID key', 'author key', 'guest SVN', 'host data', 'manifest'])

    def test_versions(self):
        """Reports of each version; before 3 the processor is not named."""
        for version in (2, 3, 4, 5):
            self.fails(report=evidence.report(at_0=bytes([version])))
        self.fails(report=evidence.report(at_0=b'\2', at_188=bytes(3)))

    def test_turin(self):
        """Its TCB versions are laid out otherwise, its chip id is short."""
        tcb = {'3.9': 1, '3.1': 2, '3.2': 3, '3.3': 4, '3.8': 0x90}
        extensions = {**evidence.tcb_extensions(tcb), '4': b'\x04\x08' + b'12345678'}
        made = evidence.chain(vcek={'extensions': extensions})
        words = {'at_188': b'\x1a', 'at_180': bytes([1, 2, 3, 4, 0, 0, 0, 0x90]),
                 'at_1A0': b'12345678'.ljust(64, b'\0')}
        self.fails(report=evidence.report(**words), made=made, min_tcb={'fmc': 1})
        self.fails('minimum TCB', report=evidence.report(**words), made=made, min_tcb={'fmc': 2})
        self.fails('TCB of the key', report=evidence.report(**{**words, 'at_188': b'\x19'}), made=made)

    def test_amds_algorithms(self):
        """RSA with PSS up to the ASK, from a PEM of both; the chip's certificate in DER."""
        found = []
        for name in ('rsa.pem', 'rsa-vcek.der'):
            with open(os.path.join(DATA, name), 'rb') as file:
                found += chain.load(file.read())
        pin = chain.fingerprint(found[1])
        self.fails(certificates=found, ark_fingerprint=pin, time=FUTURE)
        self.fails('root', certificates=found, time=FUTURE)
        self.fails('signing key certificate', certificates=[*found[:2], evidence.chain()['vcek']],
                   ark_fingerprint=pin, time=FUTURE)

    def test_vlek(self):
        """A key of the cloud provider's has no chip id."""
        made = evidence.chain(vcek={'extensions': {**evidence.tcb_extensions(evidence.TCB), '5': b'\x16\1x'}})
        self.fails(report=evidence.report(at_48=b'\4'), made=made)
        self.fails('kind of key', report=evidence.report(), made=made)
        self.fails('kind of key', report=evidence.report(at_48=b'\4'))

    def test_hidden_chip(self):
        """A host may hide the chip id; the certificate still is the chip's, by the signature."""
        self.fails(report=evidence.report(at_1A0=bytes(64)))

    def test_own_report(self):
        """The guest's own report: its data is the question itself, and there is no manifest."""
        report = evidence.report(at_50=b'Q' * 64, at_30=b'\2')
        found = verify.Evidence(report, list(evidence.chain().values()))
        known = {'ark_fingerprint': chain.fingerprint(evidence.chain()['ark']), 'report_data': b'Q' * 64, 'vmpl': 2}
        self.assertFalse(verify.verify(found, verify.Expected(**known))[0].hold())
        pin = chain.fingerprint(found.certificates[0])
        self.assertTrue(verify.verify(found, verify.Expected(**{**known, 'ark_fingerprint': pin}))[0].hold())


class Wrong(Case):
    """Each thing wrong once."""

    def test_every_signed_byte(self):
        """A report that was changed after it was signed."""
        good = evidence.report()
        made = evidence.chain()
        for at in range(0, 0x2A0 + 144):
            bad = evidence.put(good, {at: bytes([good[at] ^ 1])})
            # Without the chain, which is not what is tried here and takes its time.
            failed = self.verify(report=bad, made=made, certificates=[made['vcek']])[0]
            self.assertTrue({'signature', 'format'} & set(failed), hex(at))

    def test_form(self):
        """Not a report."""
        good = evidence.report()
        for bad in (b'', good[:-1], good + b'\0', good[:0x2A0]):
            self.fails('format', report=bad)
        for version in (0, 1, 6):
            self.fails('format', report=evidence.report(at_0=bytes([version])))

    def test_signature(self):
        """Another key's, another algorithm's, or none."""
        self.fails('signature', report=evidence.report(signer='other'))
        self.fails('signature', report=evidence.report(at_34=b'\2'))
        self.fails('signature', 'kind of key', report=evidence.report(at_48=b'\x1c'))
        self.fails('signature', 'kind of key', report=evidence.report(at_48=b'\2'))

    def test_root(self):
        """A chain of someone else's, however complete."""
        self.fails('root', ark_fingerprint='00' * 32)

    def test_chain(self):
        """Certificates that others signed, that may not sign, that are not there."""
        self.fails('ARK certificate', made=evidence.chain(ark={'signer': 'other'}))
        self.fails('ASK certificate', made=evidence.chain(ask={'signer': 'other'}))
        self.fails('signing key certificate', made=evidence.chain(vcek={'signer': 'other'}))
        self.fails('signing key certificate', made=evidence.chain(vcek={'issuer': 'ark', 'signer': 'ask'}))
        self.fails('ASK certificate', made=evidence.chain(ask={'algorithm': hashes.SHA256()}))
        self.fails('ARK certificate', 'ASK certificate', made=evidence.chain(ark={'is_authority': False}))
        self.fails('signature', made=evidence.chain(vcek={'key_of': 'other'}))
        made = evidence.chain()
        for name in made:
            others = [one for other, one in made.items() if other != name]
            self.assertIn('certificates', self.verify(made=made, certificates=others)[0])

    def test_leaf_that_signs(self):
        """A chip's key vouches for nobody: its holder cannot make a chain of his own."""
        made = evidence.chain()
        forged = evidence.certificate('other', 'vcek', is_authority=False,
                                      extensions={**evidence.tcb_extensions(evidence.TCB), '4': evidence.CHIP})
        failed = self.verify(report=evidence.report(signer='other'), made=made,
                             certificates=[made['ark'], made['ask'], forged])[0]
        self.assertEqual(failed, ['signing key certificate'])
        failed = self.verify(report=evidence.report(signer='other'), made=made,
                             certificates=[made['ark'], made['vcek'], forged])[0]
        self.assertIn('certificates', failed)

    def test_validity(self):
        """Too late, too early."""
        self.fails('validity', made=evidence.chain(ask={'last': 2021}), time=FUTURE)
        self.fails('validity', time=FUTURE.replace(year=2019))

    def test_chip_and_tcb(self):
        """A key of another chip, or for other firmware than the report claims."""
        extensions = {**evidence.tcb_extensions(evidence.TCB), '4': b'\xc6' * 64}
        self.fails('chip id', made=evidence.chain(vcek={'extensions': extensions}))
        for part in evidence.TCB:
            tcb = {**evidence.TCB, part: 9}
            self.fails('TCB of the key', made=evidence.chain(
                vcek={'extensions': {**evidence.tcb_extensions(tcb), '4': evidence.CHIP}}))
        few = evidence.tcb_extensions({'3.1': 4})
        self.fails('TCB of the key', made=evidence.chain(vcek={'extensions': {**few, '4': evidence.CHIP}}))

    def test_question(self):
        """An old answer, another manifest."""
        self.fails('report data', nonce=bytes(64))
        self.fails('report data', services=evidence.manifest(((VTPM, b'another'),)))

    def test_image(self):
        """Another image, policy, owner, version."""
        self.fails('measurement', report=evidence.report(at_90=b'\xff'))
        self.fails('policy', report=evidence.report(at_8=struct.pack('<Q', 0x20000)))
        self.fails('policy', 'no debugging', report=evidence.report(at_8=struct.pack('<Q', 0xB0000)), policy=None,
                   image_policy=POLICY)
        self.fails('no debugging', report=evidence.report(at_8=struct.pack('<Q', 0xB0000)), policy=None)
        self.fails('no migration', report=evidence.report(at_8=struct.pack('<Q', 0x70000)), policy=None)
        self.fails('ID key', id_key=KEYS['other'].public_key())
        self.fails('author key', author_key=KEYS['id'].public_key())
        self.fails('guest SVN', min_svn=6)
        self.fails('host data', host_data=b'h' * 32)

    def test_rest(self):
        """Another VMPL, old firmware."""
        self.fails('VMPL', report=evidence.report(at_30=b'\2'))
        for part, least in (('bootloader', 5), ('tee', 1), ('snp', 23), ('microcode', 214), ('fmc', 0)):
            self.fails('minimum TCB', min_tcb={part: least})

    def test_nothing_is_nothing(self):
        """No check is no proof."""
        self.assertFalse(verify.Checks().hold())


class Structures(Case):
    """Manifests and tables of certificates, whole and broken."""

    def test_manifest(self):
        """The services by name; one without data."""
        found = manifest.parse(evidence.manifest())
        self.assertEqual([(service.name, service.data) for service in found], [('vTPM', b'the EK'), ('unknown', b'')])
        self.assertEqual(manifest.parse(evidence.manifest(())), [])

    def test_broken_manifest(self):
        """Every shorter prefix; entries outside or twice."""
        good = evidence.manifest()
        bad = [good[:size] for size in range(len(good))] + [
            good + b'\0', evidence.put(good, {0: b'x'}), evidence.put(good, {0x14: b'\xff\xff\xff\xff'}),
            evidence.put(good, {0x28: b'\0'}), evidence.put(good, {0x28: b'\xff\xff\xff\xff'}),
            evidence.put(good, {0x2C: b'\xff\xff\xff\xff'}), evidence.manifest(((VTPM, b'1'), (VTPM, b'2')))]
        for data in bad:
            with self.assertRaises(Malformed):
                manifest.parse(data)
        cut = evidence.put(good, {0x10: b'\xff'})
        self.fails('manifest', report=evidence.report(services=cut), services=cut)

    def test_keels_entry(self):
        """Keel's own entry: its services in CBOR."""
        good = evidence.keel_entry()
        self.assertEqual(manifest.keel_services(good), [('core', b'h' * 48, [(0, 1, 1)], True)])
        bad = [good[:size] for size in range(len(good))] + [
            good + b'\0', b'\xb8\x02' + good[1:], evidence.put(good, {2: b'\2'}), evidence.keel_entry(_1=7),
            evidence.keel_entry(_2=7), evidence.keel_entry(_2=[{0: 1}]), b'\xa2\0\1\0\1', b'\x81' * 3000]
        for data in bad:
            with self.assertRaises(Malformed):
                manifest.keel_services(data)
            whole = evidence.manifest(((evidence.KEEL, data),))
            self.fails('manifest', report=evidence.report(services=whole), services=whole)
        whole = evidence.manifest(((evidence.KEEL, good),))
        self.fails(report=evidence.report(services=whole), services=whole)

    def test_single_manifest(self):
        """What one service says of itself is its own affair, but covered."""
        self.fails(report=evidence.report(services=b'the EK'), services=b'the EK')

    def test_table(self):
        """The host's table: whole, and every shorter prefix."""
        good = evidence.table(evidence.chain())
        self.assertEqual(len(chain.load(good)), 3)
        for size in range(len(good)):
            with self.assertRaises(Malformed):
                chain.load(good[:size])

    def test_table_with_others(self):
        """What is no certificate is passed over, as revocation lists are; nothing but such is refused."""
        made = evidence.chain()
        data = bytearray(evidence.table(made))
        data[24 * 4:24 * 4 + 2] = b'no'
        self.assertEqual(len(chain.load(bytes(data))), 2)
        for bad in (bytes(24), bytes(48), b'-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----', b'\x30\x03abc'):
            with self.assertRaises(Malformed):
                chain.load(bad)

    def test_damaged_certificates(self):
        """Whatever a certificate's bytes are, the answer is one."""
        made = evidence.chain()
        good = evidence.der(made['vcek'])
        for at in range(len(good)):
            try:
                found = chain.load(evidence.put(good, {at: bytes([good[at] ^ 0x41])}))
            except Malformed:
                continue
            failed = self.verify(made=made, certificates=[made['ark'], made['ask'], *found])[0]
            self.assertTrue(failed, at)

    def test_fields(self):
        """Every field of a report is shown."""
        fields = Report(evidence.report()).fields()
        self.assertEqual((fields['version'], fields['measurement']), (3, MEASUREMENT.hex()))


class Command(unittest.TestCase):
    """The command as users call it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        made = evidence.chain()
        self.put('report', evidence.report())
        self.put('manifest', evidence.manifest())
        self.put('nonce', NONCE)
        self.put('table', evidence.table(made))
        self.put('ark', evidence.der(made['ark']))
        self.put('ID.pem', evidence.public_pem('id'))

    def path(self, name):
        """A file of this test."""
        return os.path.join(self.folder, name)

    def put(self, name, data):
        """Write a file."""
        with open(self.path(name), 'wb') as file:
            file.write(data)

    def words(self, **changes):
        """The options of a verification that holds, and CHANGES to them; None takes one away."""
        options = {'report': self.path('report'), 'manifest': self.path('manifest'), 'nonce': self.path('nonce'),
                   'certificates': self.path('table'), 'ark': self.path('ark'), 'measurement': MEASUREMENT.hex(),
                   **changes}
        return [word for name, value in options.items() if value is not None
                for word in ('--' + name.replace('_', '-'), value)]

    def keel(self, *more, status=0, **changes):
        """Run; returns its output."""
        done = subprocess.run([KEEL, 'attest', 'verify', *self.words(**changes), *more], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        return done.stdout if status != 2 else done.stderr

    def test_holds(self):
        """A line for each check, and the sum."""
        lines = self.keel('--min-tcb', 'bootloader=4,snp=22', id_key=self.path('ID.pem')).splitlines()
        self.assertTrue(all(line.startswith('ok    ') for line in lines[:-1]), lines)
        self.assertEqual(lines[-1], 'the report holds')
        self.keel(ark=None, ark_fingerprint=chain.fingerprint(evidence.chain()['ark']), status=1)

    def test_fails(self):
        """What does not hold is named, with what was found."""
        out = self.keel(measurement='ab' * 48, status=1)
        failed = [line for line in out.splitlines() if line.startswith('FAIL')]
        self.assertEqual(len(failed), 1)
        self.assertIn(MEASUREMENT.hex(), failed[0])
        self.assertIn('do not trust', out.splitlines()[-1])

    def test_keels_services(self):
        """Keel's own entry is shown."""
        services = evidence.manifest(((evidence.KEEL, evidence.keel_entry(_4=False)),))
        self.put('manifest', services)
        self.put('report', evidence.report(services=services))
        lines = self.keel()
        self.assertIn(f'service core HAS DIED: protocol 0x0 version 1 to 1; sha384 {(b"h" * 48).hex()}', lines)

    def test_pin_by_fingerprint(self):
        """The root's SHA-256 does as well as the root."""
        made = evidence.chain()
        self.put('table', evidence.table(made))
        self.keel(ark=None, ark_fingerprint=chain.fingerprint(made['ark']))

    def test_json(self):
        """The same for programs."""
        out = json.loads(self.keel('--json'))
        self.assertEqual((out['holds'], out['report']['vmpl']), (True, 0))
        self.assertEqual([service['name'] for service in out['services']], ['vTPM', 'unknown'])
        self.assertEqual(out['services'][1]['guid'], '03020100-0504-0706-0809-0a0b0c0d0e0f')
        out = json.loads(self.keel('--json', vmpl='2', status=1))
        self.assertEqual([check['name'] for check in out['checks'] if not check['holds']], ['VMPL'])
        self.put('report', b'')
        self.assertIsNone(json.loads(self.keel('--json', status=1))['report'])

    def test_not_certificates(self):
        """Files that are not what they should be: exit 1 and a line."""
        self.keel(certificates=self.path('nonce'), status=1)
        self.keel(ark=self.path('nonce'), status=1)
        self.keel(id_key=self.path('nonce'), status=1)
        self.keel(image=self.path('nonce'), status=1)

    def test_usage(self):
        """Exit 2: something is missing that would leave the answer open."""
        rows = [({'report': None}, 'required'), ({'ark': None}, 'required'), ({'nonce': None}, 'required'),
                ({'certificates': None}, 'required'), ({'manifest': None}, 'needs --manifest'),
                ({'measurement': None}, 'has to say what may run'), ({'measurement': 'abc'}, '48 bytes in hex'),
                ({'ark_fingerprint': 'ab' * 32}, 'not allowed'), ({'report_data': self.path('nonce')}, 'not allowed'),
                ({'nonce': None, 'report_data': self.path('nonce')}, '--manifest needs --nonce'),
                ({'nonce': None, 'manifest': None, 'report_data': self.path('ark')}, 'has not 64 bytes'),
                ({'vmpl': '4'}, 'no number'), ({'min_tcb': 'bios=1'}, 'no part'), ({'min_tcb': 'snp=256'}, 'no part'),
                ({'report': self.path('none')}, 'there is no file'), ({'policy': '1'}, 'bit 17')]
        for changes, what in rows:
            with self.subTest(changes):
                self.assertIn(what, self.keel(status=2, **changes))
        done = subprocess.run([KEEL, 'attest'], capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == '__main__':
    counted.main()
