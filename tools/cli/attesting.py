"""tools/keel attest verify: whether an attestation report holds, and if not, what of it does not."""

import argparse
import json
import os
import re
import sys

import measuring
from common import Failure, ROOT, Usage, note

sys.path.insert(0, os.path.join(ROOT, 'tools'))

EXPLANATION = '''\
Exit status: 0 everything holds, 1 something does not (a line with FAIL says what), 2 wrong usage.

A report by way of the SVSM:  --report outblob --manifest manifestblob --nonce inblob --certificates auxblob
A report of the guest's own:  --report outblob --report-data inblob --vmpl 2 --certificates auxblob

The root of trust is yours to name: take AMD's ARK from AMD, never from the report's certificates. The simulator
makes a root of its own in each run, which proves nothing about hardware. Revocation lists are not looked at.'''
REPORT_DATA_BYTES, HOST_DATA_BYTES = 64, 32
PARTS = ('fmc', 'bootloader', 'tee', 'snp', 'microcode')


def hex_of(count):
    """An argument of COUNT bytes in hex."""
    def parse(text):
        if not re.fullmatch(f'[0-9a-fA-F]{{{2 * count}}}', text):
            raise argparse.ArgumentTypeError(f'{text} is not {count} bytes in hex')
        return bytes.fromhex(text)
    return parse


def tcb(text):
    """bootloader=4,tee=0,snp=22,microcode=213; parts that are left out are not asked for."""
    parts = {}
    for word in text.split(','):
        part, _, value = word.partition('=')
        if part not in PARTS or not value.isdecimal() or int(value) > 255:
            raise argparse.ArgumentTypeError(f'{word} is no part of a TCB version: {", ".join(PARTS)}, up to 255')
        parts[part] = int(value)
    return parts


def add_options(parser, readable):
    """The command line of tools/keel attest."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='verify')
    verify = actions.add_parser('verify', allow_abbrev=False, help='check a report and all that belongs to it',
                                formatter_class=argparse.RawDescriptionHelpFormatter, epilog=EXPLANATION,
                                description='Checks an attestation report: who signed it, for which question, about '
                                'which image, in which state.')
    came = verify.add_argument_group('what came from the guest')
    came.add_argument('--report', metavar='FILE', type=readable, required=True, help='1184 bytes')
    came.add_argument('--manifest', metavar='FILE', type=readable, help='the services manifest, with --nonce')
    came.add_argument('--certificates', metavar='FILE', type=readable, action='append', required=True,
                      help="a host's table, or certificates in PEM or DER; repeatable")
    known = verify.add_argument_group('what you know')
    root = known.add_mutually_exclusive_group(required=True)
    root.add_argument('--ark', metavar='FILE', type=readable, help='the root certificate you trust')
    root.add_argument('--ark-fingerprint', metavar='HEX', type=hex_of(32), help='its SHA-256')
    asked = known.add_mutually_exclusive_group(required=True)
    asked.add_argument('--nonce', metavar='FILE', type=readable, help='what you asked the SVSM with')
    asked.add_argument('--report-data', metavar='FILE', type=readable, help='the 64 bytes the guest itself asked with')
    known.add_argument('--image', metavar='FILE', type=readable, action='append', default=[],
                       help='the image that has to run; repeatable')
    known.add_argument('--measurement', metavar='HEX', type=hex_of(48), action='append', default=[],
                       help='a launch digest likewise, from tools/keel measure')
    known.add_argument('--id-key', metavar='PEM', type=readable, help='whoever signed the ID block')
    known.add_argument('--author-key', metavar='PEM', type=readable, help='whoever signed the ID key')
    known.add_argument('--min-svn', metavar='N', type=measuring.integer(0, 0xFFFFFFFF), help='least guest SVN')
    known.add_argument('--policy', metavar='P', type=measuring.policy,
                       help="exactly this guest policy (default: the image's, without debugging or migration)")
    known.add_argument('--vmpl', metavar='N', type=measuring.integer(0, 3), default=0, help='default: 0, the SVSM')
    known.add_argument('--min-tcb', metavar='PARTS', type=tcb, help='as bootloader=4,tee=0,snp=22,microcode=213')
    known.add_argument('--host-data', metavar='HEX', type=hex_of(HOST_DATA_BYTES), help="the host's 32 bytes")
    verify.add_argument('--json', action='store_true', help='checks, fields and services as JSON')
    verify.set_defaults(start=attest_verify)


def contents(path):
    """A file's bytes."""
    with open(path, 'rb') as file:
        return file.read()


def check_usage(options):
    """Refuse what cannot work, and what would leave the image open."""
    if options.nonce and not options.manifest:
        raise Usage('--nonce needs --manifest: the report covers both')
    if options.report_data and os.path.getsize(options.report_data) != REPORT_DATA_BYTES:
        raise Usage(f'--report-data: {options.report_data} has not {REPORT_DATA_BYTES} bytes')
    if options.report_data and options.manifest:
        raise Usage('--manifest needs --nonce')
    if not (options.image or options.measurement or options.id_key):
        raise Usage('--image, --measurement or --id-key: one has to say what may run')


def load_certificates(chain, path):
    """The certificates in a file."""
    from attest.report import Malformed
    try:
        return chain.load(contents(path))
    except Malformed as error:
        raise Failure(f'{path} cannot be used: {error}') from error


def images(options):
    """The digests that may be reported, each with where it is from, and the policies of the images among them."""
    found = {value.hex(): 'those given' for value in options.measurement}
    policies = set()
    for path in options.image:
        image = measuring.load(path)
        found[measuring.measured(path, image).value.hex()] = os.path.relpath(path)
        policies.add(image.policy)
    return found, policies


def expectations(options, chain, snp_key):
    """What is known, as verify.Expected takes it."""
    measurements, policies = images(options)
    known = {'measurements': measurements, 'vmpl': options.vmpl, 'policy': options.policy,
             'min_tcb': options.min_tcb, 'min_svn': options.min_svn, 'host_data': options.host_data,
             'nonce': contents(options.nonce) if options.nonce else None,
             'report_data': contents(options.report_data) if options.report_data else None,
             'image_policy': policies.pop() if len(policies) == 1 else None}
    if options.ark:
        known['ark_fingerprint'] = chain.fingerprint(load_certificates(chain, options.ark)[0])
    else:
        known['ark_fingerprint'] = options.ark_fingerprint.hex()
    for name in ('id_key', 'author_key'):
        path = getattr(options, name)
        known[name] = snp_key.load_public(path) if path else None
    return known


def keel_services(services, manifest):
    """The services in Keel's own entry, if it is there and python3-cbor2 is."""
    found = [service.data for service in services if service.name == manifest.KEEL]
    try:
        return manifest.keel_services(found[0]) if found else []
    except ImportError:
        note('python3-cbor2 is missing: what Keel says of its services is not shown')
        return []


def show(checks, listed):
    """One line for each check, then one for each service that Keel lists."""
    for name, holds, why in checks.made:
        print(f'{"ok  " if holds else "FAIL"}  {name}: {why}')
    for name, digest, protocols, is_up in listed:
        numbers = ', '.join(f'{number:#x} version {low} to {high}' for number, low, high in protocols)
        print(f'      service {name} {"is up" if is_up else "HAS DIED"}: protocol {numbers}; sha384 {digest.hex()}')
    failed = sum(not holds for _, holds, _ in checks.made)
    print('the report holds' if not failed else f'{failed} of {len(checks.made)} checks fail: do not trust this guest')


def as_json(checks, report, services, listed):
    """The same as JSON."""
    print(json.dumps({
        'holds': checks.hold(),
        'checks': [{'name': name, 'holds': holds, 'why': why} for name, holds, why in checks.made],
        'report': report.fields() if report else None,
        'services': [{'guid': service.guid, 'name': service.name, 'manifest': service.data.hex()}
                     for service in services],
        'keel_services': [{'name': name, 'sha384': digest.hex(), 'protocols': protocols, 'is_up': is_up}
                          for name, digest, protocols, is_up in listed],
    }, indent=2))


def attest_verify(options):
    """The whole command."""
    check_usage(options)
    try:
        from attest import chain, manifest, verify
        from measure import snp_key
    except ImportError as error:
        raise Failure('python3-cryptography is missing; tools/keel setup installs it') from error
    # The user's root comes first: one that came with the report is then not looked at.
    paths = ([options.ark] if options.ark else []) + options.certificates
    certificates = [certificate for path in paths for certificate in load_certificates(chain, path)]
    try:
        expected = verify.Expected(**expectations(options, chain, snp_key))
    except snp_key.WrongKey as error:
        raise Failure(str(error)) from error
    evidence = verify.Evidence(contents(options.report), certificates,
                               contents(options.manifest) if options.manifest else None)
    checks, report, services = verify.verify(evidence, expected)
    listed = keel_services(services, manifest)
    if options.json:
        as_json(checks, report, services, listed)
    else:
        show(checks, listed)
    return 0 if checks.hold() else 1
