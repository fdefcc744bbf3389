"""Makes id_vectors.h: an ID block and its signatures, by tools/measure and python3-cryptography.

    /usr/bin/python3 id_vectors.py > id_vectors.h
"""

import os
import sys

from cryptography.hazmat.primitives.asymmetric import ec

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '../../../../../tools')]

import psp_vectors  # noqa: E402
from measure import id_block, snp_key  # noqa: E402

FAMILY, IMAGE, SVN = b'family'.ljust(16), b'image'.ljust(16), 7


def main():
    """The whole header."""
    id_key, author_key = (ec.derive_private_key(n, ec.SECP384R1()) for n in (0x1d1d, 0xa7a7))
    block = id_block.IdBlock(psp_vectors.MEASUREMENT, psp_vectors.POLICY, FAMILY, IMAGE, SVN, id_key, author_key)
    auth = block.auth()
    print('/* Made by id_vectors.py, with tools/measure and python3-cryptography. */')
    print('#pragma once\n\n#include <stdint.h>')
    psp_vectors.show('vector_id_block', block.block)
    # Up to the zeros that end each part.
    psp_vectors.show('vector_algorithms', auth[:8])
    psp_vectors.show('vector_block_signature', auth[0x40:0x40 + 144])
    psp_vectors.show('vector_id_key', auth[0x240:0x240 + 148])
    psp_vectors.show('vector_key_signature', auth[0x680:0x680 + 144])
    psp_vectors.show('vector_author_key', auth[0x880:0x880 + 148])
    psp_vectors.show('vector_id_key_digest', snp_key.digest(id_key.public_key()))
    psp_vectors.show('vector_author_key_digest', snp_key.digest(author_key.public_key()))


if __name__ == '__main__':
    main()
