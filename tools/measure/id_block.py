"""The ID block: who made this image, signed, for the PSP to check at launch and to put into reports.

Made as the two structures of SNP_LAUNCH_FINISH (publication 56860, chapter 10) and as the header 30BH of IGVM, from
which QEMU makes the same two. The PSP refuses the launch when digest or policy are others, or a signature is wrong.
"""

import struct

from measure import snp_key

VERSION = 1
ALGORITHM_ECDSA_P384_SHA384 = 1
BLOCK_BYTES, AUTH_BYTES = 96, 4096
SIGNATURES_BYTES = 2 * snp_key.NUMBER_BYTES
ID_BYTES = 16


class IdBlock:
    """The block for one digest, its signatures, and the public keys they verify with."""

    def __init__(self, digest, policy, family, image, svn, id_key, author_key=None):
        self.digest, self.policy, self.family, self.image, self.svn = digest, policy, family, image, svn
        self.block = digest + family + image + struct.pack('<IIQ', VERSION, svn, policy)
        self.signature = snp_key.signature_bytes(id_key, self.block)
        self.key = snp_key.public_bytes(id_key.public_key())
        self.has_author = author_key is not None
        self.author_signature, self.author_key = bytes(snp_key.SIGNATURE_BYTES), bytes(snp_key.KEY_BYTES)
        if self.has_author:
            # The author vouches for the ID key, not for this block.
            self.author_signature = snp_key.signature_bytes(author_key, self.key)
            self.author_key = snp_key.public_bytes(author_key.public_key())

    def algorithms(self):
        """Those of ID key and author key; none without a key."""
        return struct.pack('<II', ALGORITHM_ECDSA_P384_SHA384, ALGORITHM_ECDSA_P384_SHA384 if self.has_author else 0)

    def auth(self):
        """The ID authentication information."""
        page = bytearray(AUTH_BYTES)
        for offset, data in ((0x000, self.algorithms()), (0x040, self.signature), (0x240, self.key),
                             (0x680, self.author_signature), (0x880, self.author_key)):
            page[offset:offset + len(data)] = data
        return bytes(page)

    def header(self, mask):
        """The payload of the IGVM header; it has no policy, the file's own holds."""
        def key(data):
            return data[:4] + bytes(4) + data[4:4 + SIGNATURES_BYTES]

        return (struct.pack('<IBBBB', mask, self.has_author, 0, 0, 0) + self.digest + self.family + self.image +
                struct.pack('<II', VERSION, self.svn) + self.algorithms() + self.signature[:SIGNATURES_BYTES] +
                key(self.key) + self.author_signature[:SIGNATURES_BYTES] + key(self.author_key))
