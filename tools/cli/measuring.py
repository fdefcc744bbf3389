"""tools/keel measure: the launch digest of an image, and the ID block that its maker signs."""

import argparse
import hashlib
import json
import os
import re
import sys

from common import Failure, ROOT, Usage

sys.path.insert(0, os.path.join(ROOT, 'tools'))

from measure import digest, igvm  # noqa: E402

EXPLANATION = '''\
The digest depends on the file, and on two things a host does its own way:

 --vcpus       whose registers it measures. Keel has registers for the first CPU only and starts the others itself.
               A host with VMPL support, and tools/sim, measures just those: --vcpus 1, whatever number of CPUs the
               guest has. KVM without it measures all CPUs; the others are then in their reset state, which has the
               processor's signature in it.
 --zero-pages  how it places pages of zeros: as data (QEMU, tools/sim), or as pages of a type of their own.

It does not depend on the policy: a report has it apart, and the ID block fixes it.'''
POLICY_ONE = 1 << 17
POLICY_BITS = 26
ID_BYTES = 16
# What is only of use with another option.
NEEDS_KEY = ('author_key', 'family_id', 'image_id', 'svn', 'id_block', 'id_auth')


def integer(low, high):
    """An argument that is a number in this range, in any notation."""
    def parse(text):
        try:
            value = int(text, 0)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f'{text} is no number from {low:#x} to {high:#x}')
        return value
    return parse


def policy(text):
    """A guest policy that the PSP takes."""
    value = integer(0, (1 << POLICY_BITS) - 1)(text)
    if not value & POLICY_ONE:
        raise argparse.ArgumentTypeError(f'{text} is no guest policy: bit 17 has to be one')
    return value


def identifier(text):
    """Sixteen bytes: as 32 hex digits, or as a text that zeros follow."""
    data = bytes.fromhex(text) if re.fullmatch('[0-9a-fA-F]{32}', text) else text.encode()
    if len(data) > ID_BYTES:
        raise argparse.ArgumentTypeError(f'{text} is longer than {ID_BYTES} bytes')
    return data.ljust(ID_BYTES, b'\0')


def add_options(parser, readable, writable):
    """The command line of tools/keel measure."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXPLANATION
    parser.add_argument('image', metavar='FILE', type=readable, help='an IGVM file for SEV-SNP')
    parser.add_argument('--json', action='store_true', help='digest, policy, counts and keys as JSON')
    parser.add_argument('--vcpus', metavar='N', type=integer(1, 512), default=1,
                        help='CPUs whose registers the host measures (default: 1)')
    parser.add_argument('--cpu-signature', metavar='EAX', type=integer(0, 0xFFFFFFFF),
                        help='with --vcpus: EAX of CPUID 1, such as 0xa00f11 for Milan')
    parser.add_argument('--zero-pages', choices=('data', 'zero'), default='data', help='default: data')
    parser.add_argument('--policy', metavar='P', type=policy, help="default: the image's own")
    made = parser.add_argument_group('ID block')
    made.add_argument('--id-key', metavar='PEM', type=readable, help='sign the block with this key on P-384')
    made.add_argument('--author-key', metavar='PEM', type=readable, help='sign the ID key with this one')
    made.add_argument('--family-id', metavar='ID', type=identifier, help='32 hex digits, or a text up to 16 bytes')
    made.add_argument('--image-id', metavar='ID', type=identifier, help='likewise')
    made.add_argument('--svn', metavar='N', type=integer(0, 0xFFFFFFFF), help='guest SVN (default: 0)')
    made.add_argument('--id-block', metavar='OUT', type=writable, help='write the block, 96 bytes')
    made.add_argument('--id-auth', metavar='OUT', type=writable, help='write its authentication, 4096 bytes')
    parser.add_argument('--output', metavar='OUT', type=writable, help='write a copy with this policy and block')
    parser.set_defaults(start=measure)


def check_usage(options):
    """Refuse what cannot work, before anything is written."""
    for name in NEEDS_KEY:
        if getattr(options, name) is not None and options.id_key is None:
            raise Usage(f'--{name.replace("_", "-")} needs --id-key')
    if (options.vcpus > 1) != (options.cpu_signature is not None):
        raise Usage('--vcpus above 1 and --cpu-signature need each other')
    if options.id_key and not (options.id_block or options.id_auth or options.output):
        raise Usage('--id-key needs --id-block, --id-auth or --output: a file to write')
    outputs = [path for path in (options.id_block, options.id_auth, options.output) if path is not None]
    if len({os.path.realpath(path) for path in (options.image, *outputs)}) != 1 + len(outputs):
        raise Usage('image and outputs have to be different files')


def load(path):
    """The image in PATH."""
    try:
        return igvm.read(path)
    except igvm.Invalid as error:
        raise Failure(f'{path} cannot be measured: {error}') from error


def launch_digest(path, **how):
    """The digest of the image in PATH, as hex; HOW as for digest.launch()."""
    return measured(path, load(path), **how).value.hex()


def measured(path, image, **how):
    """The digest of IMAGE with its counts."""
    try:
        return digest.launch(image, **how)
    except igvm.Invalid as error:
        raise Failure(f'{path} cannot be measured: {error}') from error


def write(path, data):
    """Write a file, whole or not at all."""
    part = f'{path}.{os.getpid()}'
    try:
        with open(part, 'wb') as file:
            file.write(data)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def sign(options, value, guest_policy):
    """The ID block, made with the user's keys."""
    try:
        from measure import id_block, snp_key
    except ImportError as error:
        raise Failure('python3-cryptography is missing; tools/keel setup installs it') from error
    try:
        author = snp_key.load_private(options.author_key) if options.author_key else None
        return id_block.IdBlock(value, guest_policy, options.family_id or bytes(ID_BYTES),
                                options.image_id or bytes(ID_BYTES), options.svn or 0,
                                snp_key.load_private(options.id_key), author)
    except snp_key.WrongKey as error:
        raise Failure(str(error)) from error


def write_outputs(options, image, guest_policy, block):
    """The files that were asked for."""
    if options.id_block:
        write(options.id_block, block.block)
    if options.id_auth:
        write(options.id_auth, block.auth())
    if options.output:
        write(options.output, image_with(image, guest_policy, block))


def image_with(image, guest_policy, block):
    """A copy of IMAGE with this policy, and with BLOCK if there is one."""
    headers = igvm.with_policy(image, guest_policy)
    if block is not None:
        headers.append((igvm.ID_BLOCK, block.header(image.mask)))
    return igvm.rewritten(image, headers)


def describe(options, image, found, guest_policy, block):
    """What --json says."""
    out = {'launch_digest': found.value.hex(), 'sha256': hashlib.sha256(image.data).hexdigest(),
           'policy': guest_policy, 'vcpus': options.vcpus, 'zero_pages': options.zero_pages, 'pages': found.pages,
           'has_id_block': bool(image.of(igvm.ID_BLOCK))}
    if block is not None:
        out['id_key_digest'] = hashlib.sha384(block.key).hexdigest()
        out['author_key_digest'] = hashlib.sha384(block.author_key).hexdigest() if block.has_author else None
    return out


def measure(options):
    """The whole command."""
    check_usage(options)
    image = load(options.image)
    found = measured(options.image, image, vcpus=options.vcpus, signature=options.cpu_signature or 0,
                     zero_type=options.zero_pages == 'zero')
    guest_policy = image.policy if options.policy is None else options.policy
    block = sign(options, found.value, guest_policy) if options.id_key else None
    write_outputs(options, image, guest_policy, block)
    if options.json:
        print(json.dumps(describe(options, image, found, guest_policy, block), indent=2))
    else:
        print(f'{found.value.hex()}  {os.path.relpath(options.image)}')
    return 0
