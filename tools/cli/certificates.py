"""tools/keel run --certs: the certificates of the simulated chip, from the simulator's log to files.

They are made anew in each run, and prove nothing about hardware: the root is the simulator's own (docs/simulator.md).
"""

import base64
import binascii
import os
import textwrap

from common import Failure, Usage

TOLD = 'sim: certificate '
NAMES = ('ark', 'ask', 'vcek')
PEM_COLUMNS = 64


def check_usage(folder):
    """A folder that is there, or whose parent is."""
    if not os.path.isdir(os.path.dirname(os.path.abspath(folder))):
        raise Usage(f'--certs: there is no folder for {folder}')
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise Usage(f'--certs: {folder} is no folder')


def pem(der):
    """A certificate as text."""
    lines = textwrap.wrap(base64.b64encode(der).decode('ascii'), PEM_COLUMNS)
    return '\n'.join(['-----BEGIN CERTIFICATE-----', *lines, '-----END CERTIFICATE-----', ''])


def write(folder, line):
    """Write what LINE of the simulator's log tells: NAME.pem and NAME.der."""
    name, _, text = line[len(TOLD):].strip().partition(' ')
    try:
        der = binascii.unhexlify(text)
    except binascii.Error:
        der = b''
    if name not in NAMES or not der:
        raise Failure(f'the simulator tells a certificate that is none: {line[:40].strip()}')
    try:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name + '.der'), 'wb') as file:
            file.write(der)
        with open(os.path.join(folder, name + '.pem'), 'w', encoding='ascii') as file:
            file.write(pem(der))
    except OSError as error:
        raise Failure(f'cannot write to {folder}: {error.strerror}') from error
