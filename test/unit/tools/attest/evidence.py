"""A synthetic chain, report and manifest, right unless told otherwise: what a chip that does not exist would give."""

import datetime
import hashlib
import os
import struct
import sys
import uuid

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

sys.path.insert(0, os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools')))

from measure import snp_key  # noqa: E402

AMD = '1.3.6.1.4.1.3704.1.'
CHIP = b'\xc5' * 64
TCB = {'3.1': 4, '3.2': 0, '3.3': 22, '3.8': 213}
TCB_BYTES = bytes([4, 0, 0, 0, 0, 0, 22, 213])
NONCE = bytes(range(64))
MEASUREMENT = bytes(range(48))
POLICY = 0x30000
KEEL = uuid.UUID('a6f52fc3-bdd9-4fd1-af44-99faff9834fe').bytes_le
VTPM = uuid.UUID('c476f1eb-0123-45a5-9641-b4e7dde5bfe3').bytes_le
OTHER = bytes(range(16))
CERTIFICATES = {'ark': 'c0b406a4-a803-4952-9743-3fb6014cd0ae', 'ask': '4ab7b379-bbac-4fe4-a02f-05aef327c782',
                'vcek': '63da758d-e664-4564-adc5-f4b93be8accd'}


def key(number):
    """A private key; NUMBER says which."""
    return ec.derive_private_key(int.from_bytes(bytes([number]) * 24, 'big'), ec.SECP384R1())


KEYS = {'ark': key(1), 'ask': key(2), 'vcek': key(3), 'other': key(4), 'id': key(5), 'author': key(6)}


def write_vcek_key(path):
    """For test/data/attest/make.sh."""
    with open(path, 'wb') as file:
        file.write(KEYS['vcek'].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))


def public_pem(name):
    """The public key of one of KEYS."""
    return KEYS[name].public_key().public_bytes(serialization.Encoding.PEM,
                                                serialization.PublicFormat.SubjectPublicKeyInfo)


def tcb_extensions(tcb):
    """AMD's, as DER integers by the end of their OID."""
    return {part: b'\2\1' + bytes([value]) if value < 0x80 else b'\2\2\0' + bytes([value])
            for part, value in tcb.items()}


def certificate(name, issuer, signer=None, is_authority=True, extensions=None, last=2049, key_of=None, algorithm=None):
    """One certificate; SIGNER: whose key signs it, if not the issuer's."""
    def title(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f'Synthetic {text}')])

    builder = (x509.CertificateBuilder().subject_name(title(name)).issuer_name(title(issuer))
               .public_key(KEYS[key_of or name].public_key()).serial_number(7)
               .not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(last, 12, 31)))
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    for end, value in (extensions or {}).items():
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(AMD + end), value), False)
    return builder.sign(KEYS[signer or issuer], algorithm or hashes.SHA384())


def chain(**changes):
    """ARK, ASK and VCEK by name; CHANGES: arguments of certificate() by that name."""
    found = {'ark': {'issuer': 'ark'}, 'ask': {'issuer': 'ark'},
             'vcek': {'issuer': 'ask', 'is_authority': False, 'extensions': {**tcb_extensions(TCB), '4': CHIP}}}
    return {name: certificate(name, **{**words, **changes.get(name, {})}) for name, words in found.items()}


def der(made):
    """A certificate's bytes."""
    return made.public_bytes(serialization.Encoding.DER)


def table(made):
    """The table a host gives with an extended report."""
    entries, data = b'', b''
    start = 24 * (len(made) + 1)
    for name, one in made.items():
        entries += uuid.UUID(CERTIFICATES[name]).bytes + struct.pack('<II', start + len(data), len(der(one)))
        data += der(one)
    return entries + bytes(24) + data


def manifest(services=((VTPM, b'the EK'), (OTHER, b''))):
    """A services manifest."""
    start = 24 + 24 * len(services)
    entries, data = b'', b''
    for guid, one in services:
        entries += guid + struct.pack('<II', start + len(data), len(one))
        data += one
    head = uuid.UUID('63849ebb-3d92-4670-a1ff-58f9c94b87bb').bytes_le
    return head + struct.pack('<II', start + len(data), len(services)) + entries + data


def keel_entry(**changes):
    """What Keel says of its services: one of them, with CHANGES to its map as _KEY=value."""
    one = {0: 'core', 1: b'h' * 48, 2: [{0: 0, 1: 1, 2: 1}], 4: True,
           **{int(key[1:]): value for key, value in changes.items()}}
    return cbor2.dumps({0: 1, 1: [one]}, canonical=True)


def put(data, fields):
    """DATA with each of FIELDS, offset: bytes, written over it."""
    data = bytearray(data)
    for at, field in fields.items():
        data[at:at + len(field)] = field
    return bytes(data)


def report(signer='vcek', nonce=NONCE, services=None, **fields):
    """A signed report of version 3. FIELDS: more of it, as at_OFFSET in hex: bytes."""
    services = manifest() if services is None else services
    body = put(bytes(0x2A0), {
        0x000: struct.pack('<IIQ', 3, 5, POLICY), 0x034: b'\1', 0x038: TCB_BYTES,
        0x050: hashlib.sha512(nonce + services).digest(),
        0x090: MEASUREMENT, 0x0E0: snp_key.digest(KEYS['id'].public_key()),
        0x110: snp_key.digest(KEYS['author'].public_key()), 0x140: b'R' * 32, 0x180: TCB_BYTES,
        0x188: bytes([0x19, 1, 1]), 0x1A0: CHIP, 0x1E0: TCB_BYTES, 0x1F0: TCB_BYTES})
    body = put(body, {int(name[3:], 16): field for name, field in fields.items()})
    return body + snp_key.signature_bytes(KEYS[signer], body)
