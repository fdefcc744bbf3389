"""Keys and signatures on P-384 as SNP's structures hold them: little-endian numbers in fields of 72 bytes.

Needs python3-cryptography.
"""

import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

CURVE_P384 = 2
NUMBER_BYTES = 72
KEY_BYTES = 0x404
SIGNATURE_BYTES = 512
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
ORDER_BYTES = 48


class WrongKey(Exception):
    """The file holds no key of the kind that is needed."""


def number(value):
    """A number's field."""
    return value.to_bytes(NUMBER_BYTES, 'little')


def load(load_pem, path, *words):
    """A key on P-384 from a PEM file."""
    try:
        with open(path, 'rb') as file:
            key = load_pem(file.read(), *words)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WrongKey(f'{path} holds no such key in PEM, or one with a password') from error
    if not isinstance(getattr(key, 'curve', None), ec.SECP384R1):
        raise WrongKey(f'{path} holds a key that is not on the curve P-384')
    return key


def load_private(path):
    """The private key in PATH."""
    return load(serialization.load_pem_private_key, path, None)


def load_public(path):
    """The public key in PATH, also when it is part of a private one."""
    try:
        return load_private(path).public_key()
    except WrongKey:
        return load(serialization.load_pem_public_key, path)


def public_bytes(public):
    """A public key as ID_KEY and AUTHOR_KEY hold it."""
    numbers = public.public_numbers()
    return (struct.pack('<I', CURVE_P384) + number(numbers.x) + number(numbers.y)).ljust(KEY_BYTES, b'\0')


def digest(public):
    """What a report calls ID_KEY_DIGEST and AUTHOR_KEY_DIGEST."""
    return hashlib.sha384(public_bytes(public)).digest()


def nonces(secret, hashed):
    """The nonces of RFC 6979 for SHA-384, one after another: the first one nearly always serves."""
    seed = secret.to_bytes(ORDER_BYTES, 'big') + (hashed % ORDER).to_bytes(ORDER_BYTES, 'big')
    key, value = bytes(48), b'\1' * 48

    def mac(data):
        return hmac.new(key, data, 'sha384').digest()

    for step in (b'\0', b'\1'):
        key = mac(value + step + seed)
        value = mac(value)
    while True:
        value = mac(value)
        nonce = int.from_bytes(value, 'big')
        if 0 < nonce < ORDER:
            yield nonce
        key = mac(value + b'\0')
        value = mac(value)


def sign(private, data):
    """(r, s) for DATA under SHA-384, the same each time: images are reproducible with their signature.

    The library takes no nonce, but it multiplies points: the nonce's public key has r in it.
    """
    hashed = int.from_bytes(hashlib.sha384(data).digest(), 'big')
    secret = private.private_numbers().private_value
    for nonce in nonces(secret, hashed):
        r = ec.derive_private_key(nonce, ec.SECP384R1()).public_key().public_numbers().x % ORDER
        s = pow(nonce, -1, ORDER) * (hashed + r * secret) % ORDER
        if r and s:
            break
    return r, s


def signature_bytes(private, data):
    """A signature of DATA as SNP's structures hold it."""
    r, s = sign(private, data)
    return (number(r) + number(s)).ljust(SIGNATURE_BYTES, b'\0')


def verifies(public, signature, data):
    """Whether SIGNATURE, from such a structure, is PUBLIC's for DATA."""
    r = int.from_bytes(signature[:NUMBER_BYTES], 'little')
    s = int.from_bytes(signature[NUMBER_BYTES:2 * NUMBER_BYTES], 'little')
    if any(signature[2 * NUMBER_BYTES:]) or not (0 < r < ORDER and 0 < s < ORDER):
        return False
    try:
        public.verify(encode_dss_signature(r, s), hashlib.sha384(data).digest(), ec.ECDSA(Prehashed(hashes.SHA384())))
    except InvalidSignature:
        return False
    return True
