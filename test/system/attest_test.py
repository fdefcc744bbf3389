"""Boots Linux, has it ask for attestation reports, and verifies them out here: with OpenSSL, and with our own command.

Usage: attest_test.py [--linux NAME] [--signed] [options of tools/keel run]
--signed: the image has an ID block, made for this test; so has the report then.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile

from checks import KEEL, ROOT, Boot, Checks
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import build
import guest
import report

sys.path.insert(0, os.path.join(ROOT, 'tools', 'linux'))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

import build_module  # noqa: E402
from attest import manifest  # noqa: E402

SECONDS = 1200
NONCE_BYTES = 64
TAIL_LINES = 20
REPORT_BYTES, SIGNED_BYTES, NUMBER_BYTES = 0x4A0, 0x2A0, 72
# Where these are in a report.
VMPL, REPORT_DATA, MEASUREMENT = 0x30, 0x50, 0x90
# Services that the guest asks for alone, by the names it gives them.
SINGLE = {'keel': 'a6f52fc3-bdd9-4fd1-af44-99faff9834fe', 'vtpm': 'c476f1eb-0123-45a5-9641-b4e7dde5bfe3'}
# The firmware's word for an impossible parameter.
INVALID_PARAM = '00000016'


def run(*words):
    """Run a program: its exit status and output."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode, done.stdout


class Files:
    """What the guest showed on its console, as files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.broken = []

    def path(self, name):
        """The file NAME."""
        return os.path.join(self.folder, name)

    def has(self, name):
        """Whether it was shown."""
        return os.path.exists(self.path(name))

    def get(self, name):
        """Its bytes, none if it was not shown."""
        if not self.has(name):
            return b''
        with open(self.path(name), 'rb') as file:
            return file.read()

    def put(self, name, data):
        """Write it; returns its path."""
        with open(self.path(name), 'wb') as file:
            file.write(data)
        return self.path(name)

    def take(self, console):
        """Find all of them on the console; each comes with its size and hash."""
        for match in re.finditer(r'^blob (\S+) (\d+) (\w{64})\n(.*?)^blob end$', '\n'.join(console), re.S | re.M):
            name, size, wanted, text = match.groups()
            try:
                data = base64.b64decode(text, validate=False)
            except ValueError:
                data = b''
            if len(data) == int(size) and hashlib.sha256(data).hexdigest() == wanted:
                self.put(name, data)
            else:
                self.broken.append(name)


def number(data):
    """A number of a signature."""
    return int.from_bytes(data, 'little')


def openssl_signature(files, name):
    """Whether OpenSSL takes the signature of the report NAME by the chip's key."""
    whole = files.get(name)
    at = SIGNED_BYTES + NUMBER_BYTES
    signature = encode_dss_signature(number(whole[SIGNED_BYTES:at]), number(whole[at:at + NUMBER_BYTES]))
    status, key = run('openssl', 'x509', '-in', files.path('certs/vcek.pem'), '-noout', '-pubkey')
    return status == 0 and run(
        'openssl', 'dgst', '-sha384', '-verify', files.put('key.pem', key.encode()), '-signature',
        files.put('signature', signature), files.put('signed', whole[:SIGNED_BYTES]))[0] == 0


def check_by_hand(checks, files, name, vmpl, data, digest):
    """A report by OpenSSL and offsets alone."""
    whole = files.get(name)
    if not checks.that(f'{name}: there, and whole', len(whole) == REPORT_BYTES, f'{len(whole)} bytes'):
        return
    checks.that(f'{name}: signed by the chip', openssl_signature(files, name))
    checks.that(f'{name}: VMPL {vmpl}', whole[VMPL:VMPL + 4] == bytes([vmpl, 0, 0, 0]), whole[VMPL:VMPL + 4].hex())
    found = whole[MEASUREMENT:MEASUREMENT + 48].hex()
    checks.that(f'{name}: measurement is what tools/keel measure says of the image', found == digest, found)
    checks.that(f'{name}: report data', whole[REPORT_DATA:REPORT_DATA + 64] == data)


def check_certificates(checks, files):
    """The simulator's chain, and that the guest was given the same."""
    status, said = run('openssl', 'verify', '-CAfile', files.path('certs/ark.pem'), '-untrusted',
                       files.path('certs/ask.pem'), files.path('certs/vcek.pem'))
    checks.that('OpenSSL takes the chain', status == 0, said)
    given = files.get('all.certificates')
    missing = [name for name in ('ark', 'ask', 'vcek') if files.get(f'certs/{name}.der') not in given or not given]
    checks.that('the guest was given its certificates', not missing, missing)


def verify(files, name='all', status=0, **changes):
    """tools/keel attest verify of one report: (whether it ends with STATUS, the names of what fails, its JSON)."""
    options = {'report': files.path(f'{name}.report'), 'manifest': files.path(f'{name}.manifest'),
               'nonce': files.path('nonce'), 'certificates': files.path('all.certificates'),
               'ark': files.path('certs/ark.pem'), 'image': files.path('image.igvm'),
               'min-tcb': 'bootloader=1,snp=1', **changes}
    words = [word for option, value in options.items() if value is not None for word in ('--' + option, value)]
    done, said = run(KEEL, 'attest', 'verify', '--json', *words)
    try:
        out = json.loads(said)
    except ValueError:
        return False, said, {}
    failed = [check['name'] for check in out['checks'] if not check['holds']]
    return done == status, failed, out


def flipped(files, name):
    """A copy of a file with one bit in its middle changed."""
    data = bytearray(files.get(name))
    data[len(data) // 2] ^= 1
    return files.put(name + '.flipped', bytes(data))


def check_command(checks, files, more):
    """The same by tools/keel attest verify, and that it finds what is wrong."""
    done, failed, out = verify(files, **more)
    checks.that('tools/keel attest verify takes the report', done and not failed, failed)
    other = build.image_path(None, 3, False)
    build.make_image(other, guest_vmpl=3)
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes', '-keyout',
        files.path('other.key'), '-out', files.path('other.pem'), '-subj', '/CN=someone else')
    rows = {
        'another image': ({'image': other}, ['measurement']),
        'another question': ({'nonce': files.put('other.nonce', bytes(NONCE_BYTES))}, ['report data']),
        'a report that was changed': ({'report': flipped(files, 'all.report')}, None),
        'a manifest that was changed': ({'manifest': flipped(files, 'all.manifest')}, None),
        'another root': ({'ark': files.path('other.pem'), 'certificates': files.path('all.certificates')}, None),
        'a guest instead of the SVSM': ({'report': files.path('own.report')}, ['report data', 'VMPL']),
    }
    for what, (changes, wanted) in rows.items():
        done, failed, _ = verify(files, status=1, **{**more, **changes})
        checks.that(f'and refuses {what}', done and (failed == wanted or wanted is None and failed), failed)
    return out


def check_services(checks, files, out):
    """A single service's manifest is what the table has of it; Keel's entry lists the services of the image."""
    table = {service['guid']: service['manifest'] for service in out['services']}
    print('table: ' + ', '.join(f'{service["name"]} {service["guid"]}' for service in out['services']))
    for name, guid in SINGLE.items():
        checks.that(f'{name} alone has a report, if it is in the table', files.has(f'{name}.report') == (guid in table))
        if guid in table:
            checks.that('with the manifest that is in the table', files.get(f'{name}.manifest').hex() == table[guid])
            done, failed, _ = verify(files, name)
            checks.that('tools/keel attest verify takes it', done and not failed, failed)
    listed = [(service['name'], service['is_up']) for service in out['keel_services']]
    wanted = [(name, True) for name in report.describe(files.path('image.igvm'))['services']]
    checks.that('Keel lists the services of the image, and all are up', sorted(listed) == sorted(wanted), listed)


def check_own(checks, files, console, vmpl):
    """The guest's own reports, and the levels that it must not reach."""
    words = {'manifest': None, 'nonce': None, 'report-data': files.path('nonce'), 'vmpl': str(vmpl)}
    for name in ('own', 'ioctl'):
        done, failed, _ = verify(files, name, **words)
        checks.that(f'tools/keel attest verify takes the guest\'s report ({name})', done and not failed, failed)
    checks.that('Linux says so too', f'attest: own by sev_guest, lowest level {vmpl}' in console)
    for level in sorted({0, vmpl - 1}):
        wanted = f'attest: VMPL {level} of the PSP: exit 5, status  {INVALID_PARAM}'
        checks.that(f'the PSP refuses VMPL {level} to the guest', wanted in console,
                    [line for line in console if line.startswith(f'attest: VMPL {level}')])


def signed_image(files):
    """Give the image an ID block; returns what a verifier then knows besides."""
    plain, image = files.path('plain.igvm'), files.path('image.igvm')
    os.rename(image, plain)
    for name in ('id', 'author'):
        run('openssl', 'ecparam', '-name', 'secp384r1', '-genkey', '-noout', '-out', files.path(name + '.pem'))
    status, said = run(KEEL, 'measure', plain, '--id-key', files.path('id.pem'), '--author-key',
                       files.path('author.pem'), '--image-id', 'keel-test', '--svn', '3', '--output', image)
    if status != 0:
        sys.exit(said)
    return {'id-key': files.path('id.pem'), 'author-key': files.path('author.pem'), 'min-svn': '3'}


def boot(own, words, files, image, nonce):
    """One run; the guest's console as lines."""
    program = build_module.sev_report(files.path('sev-report'))
    initrd = guest.test_initrd(files.path('initrd'), own.linux, extra=[(program, 'bin/sev-report')])
    done = Boot('--timeout', str(SECONDS), '--smp', '1', '--igvm', image, '--certs', files.path('certs'),
                '--kernel', guest.kernel(own.linux), '--initrd', initrd,
                '--append', f'{guest.COMMAND_LINE} panic=-1 keel.test=attest keel.nonce={nonce.hex()}',
                '--expect', '^tests done$', *words)
    console = [line.strip() for line in done.log('guest')]
    for line in console:
        if line.startswith(('attest: ', 'kernel: ', 'test ')) or re.match(r'blob \w+\.', line):
            print(line[:100])
    return done, console


def main(words):
    """Boot and check."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('--linux', default=guest.DEFAULT, choices=sorted(guest.KERNELS))
    parser.add_argument('--signed', action='store_true')
    own, words = parser.parse_known_args(words)
    checks = Checks()
    nonce = secrets.token_bytes(NONCE_BYTES)
    with tempfile.TemporaryDirectory(prefix='keel-attest-') as folder:
        files, more = Files(folder), {}
        files.put('nonce', nonce)
        image = files.path('image.igvm')
        build.make_image(image)
        if own.signed:
            more = signed_image(files)
        done, console = boot(own, words, files, image, nonce)
        files.take(console)
        if not checks.that('the guest passes attest', 'test attest: ok' in console) or not files.has('all.report'):
            print('\n'.join(line[:200] for name in ('guest', 'svsm', 'sim') for line in done.log(name)[-TAIL_LINES:]))
            checks.end()
        checks.that('all that it shows arrives', not files.broken, files.broken)
        digest = run(KEEL, 'measure', image)[1].split()[0]
        checks.that('and the simulator measured the same', done.report.get('launch_digest') == digest)
        check_certificates(checks, files)
        question = hashlib.sha512(nonce + files.get('all.manifest')).digest()
        check_by_hand(checks, files, 'all.report', 0, question, digest)
        for name in ('own.report', 'ioctl.report'):
            check_by_hand(checks, files, name, 2, nonce, digest)
        checks.that('the manifest is a table of services', manifest.is_table(files.get('all.manifest')))
        check_services(checks, files, check_command(checks, files, more))
        check_own(checks, files, console, 2)
    checks.end()


if __name__ == '__main__':
    main(sys.argv[1:])
