"""The simulated PSP from outside: boots the test guest (guest.c), which prints a report it got, and checks report,
certificates and ID blocks with python3-cryptography. Prints a line per check and `N passed, N failed`.

Usage: psp_test.py SIM_BIN GUEST_BIN FOLDER_OF_TOOLS
"""

import hashlib
import json
import os
import re
import shutil
import struct
import sys
import tempfile

import mkigvm
import sim_test
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

CHIP_OID = '1.3.6.1.4.1.3704.1.4'
TCB_OID = '1.3.6.1.4.1.3704.1.3.'
# Milan's parts of a TCB: number of the extension, byte of the report's field.
TCB_PARTS = {1: 0, 2: 1, 3: 6, 8: 7}
POLICY = 0x30000
FAMILY, IMAGE = b'family'.ljust(16), b'image'.ljust(16)
SVN = 7

passed = failed = 0


def check(what, is_good):
    """Print and count one check."""
    global passed, failed
    print(('ok ' if is_good else 'FAIL ') + what)
    passed += bool(is_good)
    failed += not is_good


def boot(folder, sim, image, params):
    """A run of the test guest: its console, and the simulator's log."""
    path = os.path.join(folder, 'guest.igvm')
    with open(path, 'wb') as file:
        file.write(image)
    return sim_test.run(folder, sim, path, sim_test.WIDE, 'c_bit=51 ' + params)


def statistics(log):
    """The simulator's numbers."""
    return json.loads(re.search(r'^sim: stats (\{.*\})', log, re.MULTILINE)[1])


def certificates(log):
    """What the simulator told, by name."""
    found = re.findall(r'^sim: certificate (\w+) ([0-9a-f]+)', log, re.MULTILINE)
    return {name: x509.load_der_x509_certificate(bytes.fromhex(text)) for name, text in found}


def report_of(console):
    """The report the guest printed."""
    found = re.search(r'^report ([0-9a-f]+)', console, re.MULTILINE)
    return bytes.fromhex(found[1]) if found else bytes(0x4A0)


def is_signed(certificate, issuer):
    """Whether ISSUER made CERTIFICATE."""
    try:
        issuer.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(SHA384()))
        return certificate.issuer == issuer.subject
    except InvalidSignature:
        return False


def is_reports_signature(report, vcek):
    """Whether the VCEK signed the report."""
    r, s = (int.from_bytes(report[at:at + 72], 'little') for at in (0x2A0, 0x2A0 + 72))
    try:
        vcek.public_key().verify(encode_dss_signature(r, s), report[:0x2A0], ec.ECDSA(SHA384()))
        return True
    except InvalidSignature:
        return False


def extension(certificate, oid):
    """The value of an extension."""
    return certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value.value


def tcb_matches(report, vcek):
    """Whether the certificate is for the report's TCB."""
    for number, byte in TCB_PARTS.items():
        value = extension(vcek, TCB_OID + str(number))
        if int.from_bytes(value[2:], 'big') != report[0x180 + byte]:
            return False
    return True


def check_run(folder, sim, image, version):
    """One boot whose report and certificates are looked at from all sides."""
    console, log = boot(folder, sim, image, f'tell_certs=1 report_version={version}')
    check(f'v{version}: the guest is content', re.search(r'^\d+ passed, 0 failed', console, re.MULTILINE))
    report, certs = report_of(console), certificates(log)
    if set(certs) != {'ark', 'ask', 'vcek'}:
        check('the certificates are told', False)
        return
    check('ARK signs itself, the ASK and nothing else', is_signed(certs['ark'], certs['ark']) and
          is_signed(certs['ask'], certs['ark']) and not is_signed(certs['vcek'], certs['ark']))
    check('ASK signs the VCEK', is_signed(certs['vcek'], certs['ask']))
    check('ARK and ASK are authorities, the VCEK is not',
          [c.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign for c in certs.values()] ==
          [True, True, False])
    check('the VCEK signs the report', is_reports_signature(report, certs['vcek']))
    check('and no other', not is_reports_signature(report[:0x50] + b'x' + report[0x51:], certs['vcek']))
    check('VCEK and report are of one chip', extension(certs['vcek'], CHIP_OID) == report[0x1A0:0x1E0])
    check('and of one TCB', tcb_matches(report, certs['vcek']))
    check('version', struct.unpack_from('<I', report)[0] == version)
    check('measurement', report[0x90:0xC0].hex() == statistics(log)['launch_digest'])
    check('policy, VMPL, report data', struct.unpack_from('<Q', report, 8)[0] == POLICY and
          struct.unpack_from('<I', report, 0x30)[0] == 0 and report[0x50:0x90] == b'\x5c' * 64)
    check('no owner', not any(report[0x10:0x30] + report[0xE0:0x140]))
    check('family of the CPU', (report[0x188:0x18B] == bytes(3)) == (version == 2))


def check_counts(folder, sim, image):
    """A busy host, and one without certificates."""
    console, log = boot(folder, sim, image, 'psp_busy=2 certs=0')
    counts = statistics(log)['guest_requests']['report']
    check('busy, no certificates: the guest is content', re.search(r'^\d+ passed, 0 failed', console, re.MULTILINE))
    check(f'counts: {counts}', counts == {'vmm 0x02': 16, 'ok': 2, 'firmware 0x1d': 2, 'firmware 0x0b': 1,
                                          'status 0x16': 1})
    check('nothing is told', not certificates(log))


def check_owners(folder, sim, image, measure):
    """Images with ID blocks: good ones, and one for each thing that may be wrong."""
    igvm, digest, id_block, snp_key = measure
    plain = igvm.Image(image)
    value = digest.launch(plain).value
    id_key, author_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())

    def block(author=None, launch=value, policy=POLICY):
        return id_block.IdBlock(launch, policy, FAMILY, IMAGE, SVN, id_key, author).header(plain.mask)

    def with_block(payload):
        return igvm.rewritten(plain, plain.headers[:-1] + [(igvm.ID_BLOCK, payload)] + plain.headers[-1:])

    def changed(payload, at):
        return payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1:]

    for name, author in (('owner', None), ('owner with author', author_key)):
        console, log = boot(folder, sim, with_block(block(author)), 'tell_certs=1')
        report = report_of(console)
        check(f'{name}: launched', 'the ID block is for this image, guest SVN 7' in log)
        check('ids and SVN', report[0x10:0x30] == FAMILY + IMAGE and struct.unpack_from('<I', report, 4)[0] == SVN)
        check('key digests', report[0xE0:0x110] == snp_key.digest(id_key.public_key()) and
              report[0x110:0x140] == (snp_key.digest(author.public_key()) if author else bytes(48)))
        check('author flag', report[0x48] == (author is not None))
        check('signed', is_reports_signature(report, certificates(log)['vcek']))
    refused = [
        ('another image', block(launch=hashlib.sha384(b'').digest()), '0xb', 'another launch digest'),
        ('another policy', block(policy=0xB0000), '0xa', 'a signature is wrong'),
        ('SVN changed', changed(block(), 0x5C), '0xa', 'a signature is wrong'),
        ('signature changed', changed(block(), 0x68), '0xa', 'a signature is wrong'),
        ('signature too long', changed(block(), 0x68 + 71), '0xa', 'a signature is wrong'),
        ('key changed', changed(block(), 0x100), '0xa', 'a signature is wrong'),
        ('key of another curve', changed(block(), 0xF8), '0xa', 'a signature is wrong'),
        ("author's signature changed", changed(block(author_key), 0x190), '0xa', 'a signature is wrong'),
        ("author's key changed", changed(block(author_key), 0x228), '0xa', 'a signature is wrong'),
        ('version', changed(block(), 0x58), '0x16', 'version or an algorithm'),
        ('algorithm', changed(block(), 0x60), '0x16', 'version or an algorithm'),
        ("author's algorithm", changed(block(author_key), 0x64), '0x16', 'version or an algorithm'),
    ]
    for name, payload, code, why in refused:
        console, log = boot(folder, sim, with_block(payload), '')
        check(f'{name}: refused', re.search(rf"^sim: terminated: the firmware refuses the image's ID block \({code}\): "
                                            rf'.*{why}', log, re.MULTILINE) and not console)


def main():
    """All runs."""
    sim, guest, tools = sys.argv[1:]
    if shutil.which(sim_test.QEMU) is None:
        print(f'{sim_test.QEMU} is not installed')
        return 77
    sys.path.insert(0, tools)
    from measure import digest, id_block, igvm, snp_key
    with open(guest, 'rb') as file:
        image = mkigvm.igvm(*mkigvm.flat_pages(file.read()))
    with tempfile.TemporaryDirectory() as folder:
        for version in (2, 3, 4, 5):
            check_run(folder, sim, image, version)
        check_counts(folder, sim, image)
        check_owners(folder, sim, image, (igvm, digest, id_block, snp_key))
    print(f'{passed} passed, {failed} failed')
    return int(failed != 0)


if __name__ == '__main__':
    sys.exit(main())
