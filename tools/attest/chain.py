"""The certificates a report stands on: ARK, which signs itself and the ASK, which signs the chip's VCEK (or a VLEK).

AMD's own are RSA 4096 with PSS up to the ASK; the simulator's are ECDSA on P-384. The root is whatever the user
names: nothing here is trusted because it came with the report. Needs python3-cryptography.
"""

import datetime
import hashlib
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtensionOID

from attest.report import Malformed, unpacked

PEM = re.compile(rb'-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----', re.DOTALL)
PSS = '1.2.840.113549.1.1.10'
ECDSA_SHA384 = '1.2.840.10045.4.3.3'
CURVE = 'secp384r1'
SALT_BYTES = 48
ENTRY_BYTES = 24
# AMD's extensions of a VCEK: the chip, and the TCB version it was made for.
CHIP = '1.3.6.1.4.1.3704.1.4'
TCB_OIDS = {'bootloader': '1.3.6.1.4.1.3704.1.3.1', 'tee': '1.3.6.1.4.1.3704.1.3.2', 'snp': '1.3.6.1.4.1.3704.1.3.3',
            'microcode': '1.3.6.1.4.1.3704.1.3.8', 'fmc': '1.3.6.1.4.1.3704.1.3.9'}
# What the library raises for bytes that are no certificate, or none it can work with.
UNREADABLE = (ValueError, TypeError, LookupError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension,
              x509.UnsupportedGeneralNameType)
DER_INTEGER, DER_OCTETS = 2, 4
CHIP_BYTES = (8, 64)


def table(data):
    """The certificates in the table that a host gives with an extended report: whatever their GUIDs say they are."""
    found, at = [], 0
    while True:
        guid, offset, length = unpacked('<16sII', data, at)
        if not any(guid) and not offset and not length:
            return found
        if offset + length > len(data):
            raise Malformed('a certificate in it is cut off')
        found.append(data[offset:offset + length])
        at += ENTRY_BYTES


def read(block, parse):
    """One certificate, or None; the library looks into most of it only when asked, and then may complain."""
    try:
        certificate = parse(block)
        is_valid(certificate, now())
        certificate.public_key()
        is_authority(certificate)
        name(certificate), certificate.issuer.rfc4514_string()
    except UNREADABLE:
        return None
    return certificate


def load(data):
    """The certificates in a file: PEM, DER, or a host's table."""
    pems = PEM.findall(data)
    blocks = pems or ([data] if data[:1] == b'\x30' else table(data))
    found = [read(block, x509.load_pem_x509_certificate if pems else x509.load_der_x509_certificate)
             for block in blocks]
    # A table may also have what is none, such as a revocation list.
    found = [certificate for certificate in found if certificate is not None]
    if not found:
        raise Malformed('it holds no certificate')
    return found


def extension(certificate, oid):
    """The bytes of an extension, or None."""
    try:
        value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value
    except x509.ExtensionNotFound:
        return None
    return value.value


def is_authority(certificate):
    """Whether it may sign others."""
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca


def fingerprint(certificate):
    """SHA-256 of the whole certificate."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


def name(certificate):
    """What it calls itself."""
    return certificate.subject.rfc4514_string()


def signed_by(certificate, issuer):
    """Whether ISSUER's key signed CERTIFICATE, by one of the two algorithms in use and no other."""
    key, oid = issuer.public_key(), certificate.signature_algorithm_oid.dotted_string
    signature, data = certificate.signature, certificate.tbs_certificate_bytes
    try:
        if isinstance(key, rsa.RSAPublicKey) and oid == PSS:
            how = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=SALT_BYTES)
            key.verify(signature, data, how, hashes.SHA384())
        elif isinstance(key, ec.EllipticCurvePublicKey) and oid == ECDSA_SHA384 and key.curve.name == CURVE:
            key.verify(signature, data, ec.ECDSA(hashes.SHA384()))
        else:
            return False
    except InvalidSignature:
        return False
    return certificate.issuer == issuer.subject


def now():
    """The time."""
    return datetime.datetime.now(datetime.timezone.utc)


def moment(certificate, what):
    """A time of the certificate's, in UTC; before version 42 the library does not say so."""
    found = getattr(certificate, what + '_utc', None)
    return getattr(certificate, what).replace(tzinfo=datetime.timezone.utc) if found is None else found


def is_valid(certificate, time):
    """Whether TIME is within the certificate's."""
    return moment(certificate, 'not_valid_before') <= time <= moment(certificate, 'not_valid_after')


def der(data, tag):
    """The contents of the one short DER element that DATA is, or None."""
    if data is None or len(data) < 3 or data[0] != tag or data[1] >= 0x80 or len(data) != 2 + data[1]:
        return None
    return data[2:]


def tcb(certificate):
    """The TCB version in a VCEK, by the names of its parts; only those it has."""
    found = {part: der(extension(certificate, oid), DER_INTEGER) for part, oid in TCB_OIDS.items()}
    return {part: int.from_bytes(value, 'big') for part, value in found.items() if value is not None}


def chip(certificate):
    """The chip id in a VCEK, or None: plain bytes, or these as an octet string."""
    data = extension(certificate, CHIP)
    return data if data is None or len(data) in CHIP_BYTES else der(data, DER_OCTETS) or b''


class Chain:
    """The three certificates among many: told apart by what they are, not by what a table calls them."""

    def __init__(self, certificates):
        self.root = self.intermediate = self.leaf = None
        for certificate in certificates:
            if certificate.issuer == certificate.subject:
                self.root = self.root or certificate
            elif is_authority(certificate):
                self.intermediate = self.intermediate or certificate
            else:
                self.leaf = self.leaf or certificate

    def missing(self):
        """The names of those that are not there."""
        return [what for what, found in (('ARK', self.root), ('ASK', self.intermediate), ('VCEK', self.leaf))
                if found is None]
